//! One source of credentials for all tables of a process that ask with the same options.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Weak};

use super::kept::Kept;

/// How often a lock is tried that others hold for some microseconds.
const TRIES: usize = 200;

type ByKey = HashMap<String, Weak<dyn Any + Send + Sync>>;

static KEPT: Mutex<Option<(u32, ByKey)>> = Mutex::new(None);

/// The one that goes by `key`, which may hold secrets, as long as somebody has it.
pub(super) fn shared<C: Debug + Send + Sync + 'static>(key: String, make: impl FnOnce() -> Kept<C>) -> Arc<Kept<C>> {
    // Never waits for long: a fork may have copied the lock while another thread held it.
    let locked = (0..TRIES).find_map(|_| KEPT.try_lock().map_err(|_| std::thread::yield_now()).ok());
    let Some(mut all) = locked else { return Arc::new(make()) };
    let pid = std::process::id();
    let by_key = match &mut *all {
        Some((of, by_key)) if *of == pid => by_key,
        // What the parent asks with has its connections and locks.
        other => &mut other.insert((pid, ByKey::new())).1,
    };
    if let Some(kept) = by_key.get(&key).and_then(Weak::upgrade).and_then(|kept| kept.downcast().ok()) {
        return kept;
    }
    by_key.retain(|_, kept| kept.strong_count() > 0);
    let kept = Arc::new(make());
    let weak: Weak<Kept<C>> = Arc::downgrade(&kept);
    by_key.insert(key, weak);
    kept
}
