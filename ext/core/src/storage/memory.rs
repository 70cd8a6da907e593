//! Stores in memory at addresses such as `memory://name/orders`, for the tests of users. There are none until somebody asks
//! for them, and what is in them lasts as long as the process, or until they are cleared.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use object_store::memory::InMemory;

use super::LOG_FOLDER;
use super::faulty::Fault;
use crate::context::{CommitGate, Context};

/// What their addresses begin with.
pub(super) const SCHEME: &str = "memory";

/// What fails next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Requests of that kind.
    pub of: Work,
    /// In that way.
    pub failure: Failure,
    /// So often.
    pub times: u32,
    /// Of tables whose address begins so.
    pub below: String,
}

/// What requests are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// To put a commit.
    Commit,
    /// To write a data file.
    Write,
    /// To read a data file.
    Read,
    /// To list the log, or to read something of it.
    ReadLog,
    /// To write what lies beside the commits: checkpoints.
    Checkpoint,
}

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Another commit is in the way.
    Conflict,
    /// The store asks for fewer requests.
    Throttling,
    /// The credentials are refused.
    Denied,
    /// It is done, and the answer is lost.
    LostResponse,
    /// The same, and nothing can be found out about it for the rest of the call.
    LostForGood,
}

#[derive(Default)]
struct Stores {
    allowed: bool,
    objects: BTreeMap<String, Arc<InMemory>>,
    planned: Vec<Planned>,
    /// Calls that hear nothing more of a commit, with its address and key.
    deaf: Vec<(Arc<CommitGate>, String)>,
}

static STORES: Mutex<Stores> =
    Mutex::new(Stores { allowed: false, objects: BTreeMap::new(), planned: Vec::new(), deaf: Vec::new() });

fn stores() -> MutexGuard<'static, Stores> {
    STORES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets addresses of this kind be used from now on.
pub fn allow() {
    stores().allowed = true;
}

/// Empties all stores, by having new ones for their names, and plans nothing any more.
pub fn clear() {
    let mut stores = stores();
    *stores = Stores { allowed: stores.allowed, ..Stores::default() };
}

/// Has the next requests fail. What was planned before comes first.
pub fn fail_next(planned: Planned) {
    stores().planned.push(planned);
}

/// How many failures are still to come; they are taken back.
pub fn take_planned() -> u32 {
    std::mem::take(&mut stores().planned).iter().fold(0, |sum, planned| sum.saturating_add(planned.times))
}

/// A store in memory.
#[derive(Clone)]
pub(super) struct Name {
    text: String,
    objects: Arc<InMemory>,
}

impl Name {
    /// The store of that name, which is made by being named.
    pub(super) fn of(text: &str) -> Result<Self, &'static str> {
        let mut stores = stores();
        if !stores.allowed {
            return Err("stores in memory are for tests: require \"deltalake/testing\" to use them");
        }
        if text.is_empty() {
            return Err("a store in memory has a name, as in memory://name/orders");
        }
        let objects = Arc::clone(stores.objects.entry(text.to_owned()).or_default());
        Ok(Self { text: text.to_owned(), objects })
    }

    pub(super) fn objects(&self) -> Arc<InMemory> {
        Arc::clone(&self.objects)
    }
}

/// Not the same for the stores that had the name one after the other.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}://{}\0{:p}", self.text, Arc::as_ptr(&self.objects))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.text)
    }
}

/// What is to be done to a request of the table at `uri`.
pub(super) fn judge(uri: &str, request: &str, key: &str) -> Fault {
    let Some(work) = Work::of(request, key) else { return Fault::None };
    let mut stores = stores();
    let (call, place) = (Context::current(), format!("{uri}/{key}"));
    if stores.deaf.iter().any(|(gate, commit)| Arc::ptr_eq(gate, call.gate()) && *commit == place) {
        return Fault::Before;
    }
    let is_next = |planned: &Planned| planned.of == work && uri.starts_with(&planned.below);
    let Some(index) = stores.planned.iter().position(is_next) else { return Fault::None };
    let planned = &mut stores.planned[index];
    let failure = planned.failure;
    planned.times = planned.times.saturating_sub(1);
    if planned.times == 0 {
        stores.planned.remove(index);
    }
    match failure {
        Failure::Conflict => Fault::Conflict,
        Failure::Throttling => Fault::Throttled,
        Failure::Denied => Fault::Denied,
        Failure::LostResponse => Fault::After,
        Failure::LostForGood => {
            stores.deaf.push((Arc::clone(call.gate()), place));
            Fault::After
        }
    }
}

impl Work {
    fn of(request: &str, key: &str) -> Option<Self> {
        let of_log = key.strip_prefix(LOG_FOLDER).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match (request, of_log) {
            ("put_if_absent", Some(name)) if is_commit(name) => Some(Self::Commit),
            ("put" | "put_if_absent" | "start_upload", Some(_)) => Some(Self::Checkpoint),
            ("put" | "put_if_absent" | "start_upload", None) => Some(Self::Write),
            ("get" | "get_ranges" | "head" | "list", Some(_)) => Some(Self::ReadLog),
            ("get" | "get_ranges" | "head", None) => Some(Self::Read),
            _ => None,
        }
    }
}

/// Whether that is what stands after the log's folder in the key of a commit.
fn is_commit(name: &str) -> bool {
    let digits = name.strip_prefix('/').and_then(|name| name.strip_suffix(".json"));
    digits.is_some_and(|digits| digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit()))
}
