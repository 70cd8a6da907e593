//! What this process has found out about stores. A child of a fork knows what its parent knew.

use std::collections::BTreeSet;
use std::sync::Mutex;

/// Answers that are kept; past it all are asked for anew.
const KEPT: usize = 4096;

static GOOD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether that was found to be good.
pub(super) fn is_good(name: &str) -> bool {
    // Never waits: a fork may have copied the lock while another thread held it. At worst it is asked once more.
    GOOD.try_lock().is_ok_and(|good| good.contains(name))
}

pub(super) fn keep(name: &str) {
    if let Ok(mut good) = GOOD.try_lock() {
        if good.len() >= KEPT {
            good.clear();
        }
        good.insert(name.to_owned());
    }
}
