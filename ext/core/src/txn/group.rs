//! Commits that many callers of one process share: while one is on its way, the next ones gather.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use futures::FutureExt;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::commit::{commit, commit_all};
use super::identities::check_identities;
use super::member::Member;
use super::outcome::Outcome;
use super::transaction::Transaction;
use crate::action::CommitInfo;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::snapshot::Snapshot;

/// Transactions of one commit at most.
const MOST: usize = 512;

/// Where the commits of a process meet, table by table. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct GroupCommits(Arc<Mutex<Tables>>);

#[derive(Debug, Default)]
struct Tables {
    /// The process that these are of: a fork copies queues whose callers and whose task are not there.
    pid: u32,
    queues: HashMap<String, VecDeque<Waiting>>,
}

struct Waiting {
    base: Snapshot,
    transaction: Transaction,
    context: Context,
    clock: Clock,
    claim: Arc<Claim>,
    reply: oneshot::Sender<Result<Outcome>>,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiting({})", self.base.uri())
    }
}

/// Who has a say in a transaction: its caller, who may leave, or the commit that it goes into. Never both.
#[derive(Default)]
struct Claim(AtomicU8);

const WAITING: u8 = 0;
const GONE: u8 = 1;
const TAKEN: u8 = 2;

impl Claim {
    fn turn(&self, to: u8) -> bool {
        self.0.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// For the commit: false where the caller has left.
    fn take(&self) -> bool {
        self.turn(TAKEN) || self.0.load(Ordering::Acquire) == TAKEN
    }
}

/// Leaves when it is dropped, if it still may.
struct Caller(Arc<Claim>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.turn(GONE);
    }
}

impl GroupCommits {
    /// As [`commit`], in one commit with what others want to add to the same table just then. Each has its own outcome.
    /// What does more than to add rows is committed on its own.
    pub async fn commit(
        &self,
        base: Snapshot,
        transaction: Transaction,
        context: &Context,
        clock: &Clock,
    ) -> Result<Outcome> {
        if !can_share(&transaction) {
            return commit(base, transaction, context, clock).await;
        }
        let uri = base.uri().to_owned();
        let (reply, answer) = oneshot::channel();
        let claim = Arc::<Claim>::default();
        let caller = Caller(Arc::clone(&claim));
        let (own, clock) = (context.clone(), clock.clone());
        let key = base.storage().identity();
        let waiting = Waiting { base, transaction, context: own, clock, claim, reply };
        match self.enqueue(&key, waiting) {
            Ok(false) => {}
            Ok(true) => {
                let all = self.clone();
                tokio::spawn(async move { all.run(&key).await });
            }
            Err(waiting) => {
                let Waiting { base, transaction, context, clock, .. } = *waiting;
                return commit(base, transaction, &context, &clock).await;
            }
        }
        let failed = |e| Err(Error::internal("a group of commits failed").with_source(e));
        let mut answer = answer.map(|answer| answer.unwrap_or_else(failed));
        let answer = match context.limit(async { Ok((&mut answer).await) }).await {
            Ok(answer) => answer,
            // Nobody will commit it any more.
            Err(late) if caller.0.turn(GONE) => Err(late),
            Err(_) => answer.await,
        };
        answer.map_err(|e| e.with_table(uri))
    }

    /// Whether the caller is the first of its table, and has to begin. Gives back what cannot be enqueued just now.
    fn enqueue(&self, key: &str, waiting: Waiting) -> Result<bool, Box<Waiting>> {
        let Some(mut tables) = self.tables() else { return Err(Box::new(waiting)) };
        match tables.queues.get_mut(key) {
            Some(queue) => {
                queue.push_back(waiting);
                Ok(false)
            }
            None => {
                tables.queues.insert(key.to_owned(), VecDeque::from([waiting]));
                Ok(true)
            }
        }
    }

    /// Never waits for long: a fork may have copied the lock while another thread held it.
    fn tables(&self) -> Option<MutexGuard<'_, Tables>> {
        let mut tables = (0..1_000).find_map(|_| {
            let locked = self.0.try_lock().ok();
            if locked.is_none() {
                std::thread::yield_now();
            }
            locked
        })?;
        let pid = std::process::id();
        if tables.pid != pid {
            // What a parent process waits for is leaked: dropping it would touch files and tasks that are its own.
            std::mem::forget(std::mem::take(&mut tables.queues));
            tables.pid = pid;
        }
        Some(tables)
    }

    /// Commits what has gathered, until nothing has.
    async fn run(&self, key: &str) {
        let abandoned = Abandoned(self, key);
        while let Some(batch) = self.take(key) {
            commit_together(batch).await;
        }
        std::mem::forget(abandoned);
    }

    /// What may go into one commit; `None` where nothing waits, and the next caller begins anew.
    fn take(&self, key: &str) -> Option<Vec<Waiting>> {
        let mut tables = loop {
            match self.tables() {
                Some(tables) => break tables,
                None => std::thread::yield_now(),
            }
        };
        let queue = tables.queues.get_mut(key)?;
        if queue.is_empty() {
            tables.queues.remove(key);
            return None;
        }
        let mut batch: Vec<Waiting> = Vec::new();
        let mut left = VecDeque::new();
        for waiting in queue.drain(..) {
            let fits = batch.len() < MOST && batch.iter().all(|other| together(other, &waiting));
            if fits { batch.push(waiting) } else { left.push_back(waiting) }
        }
        *queue = left;
        Some(batch)
    }
}

/// Lets a table begin anew where the task that commits for it has come to a bad end.
struct Abandoned<'a>(&'a GroupCommits, &'a str);

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        // Dropping what waits tells its callers.
        let waiting = self.0.tables().and_then(|mut tables| tables.queues.remove(self.1));
        drop(waiting);
    }
}

/// A blind append and nothing else.
fn can_share(transaction: &Transaction) -> bool {
    let metadata = transaction.metadata.is_some() || transaction.columns.is_some() || transaction.reservation.is_some();
    let table = transaction.protocol.is_some() || metadata || !transaction.domains.is_empty();
    transaction.is_blind_append() && !table
}

/// One commit has one user's words, and an application's transaction once.
fn together(one: &Waiting, other: &Waiting) -> bool {
    let app = |w: &Waiting| w.transaction.txn.as_ref().map(|t| t.app_id().to_owned());
    one.transaction.info.user_metadata == other.transaction.info.user_metadata
        && (app(one).is_none() || app(one) != app(other))
}

async fn commit_together(batch: Vec<Waiting>) {
    let Some(clock) = batch.first().map(|w| w.clock.clone()) else { return };
    let mut members = Vec::new();
    let mut bases = Vec::new();
    let mut replies = Vec::new();
    let mut contexts = Vec::new();
    for Waiting { base, transaction, context, claim, reply, .. } in batch {
        match Member::new(&base, transaction, context.clone()) {
            Ok(mut member) => {
                contexts.push(context);
                member.given_up = Box::new(move || !claim.take());
                match member.begins_from(&base) {
                    Ok(begins) => bases.push(begins),
                    Err(e) => {
                        member.end(Err(e)).await;
                        bases.push(base);
                    }
                }
                members.push(member);
                replies.push(reply);
            }
            Err(e) => {
                let _ = reply.send(Err(e));
            }
        }
    }
    let Some(newest) = bases.iter().max_by_key(|base| base.version()).cloned() else { return };
    let shared = Context::default();
    let committed = async {
        for (member, base) in members.iter_mut().zip(&bases).filter(|(member, _)| member.is_active()) {
            if let Err(e) = catch_up(member, base, &newest).await {
                member.end(Err(e)).await;
            }
        }
        commit_all(newest.clone(), &mut members, shared_info, &clock).await;
    };
    shared.scope(committed).await;
    let asked = shared.meter().read();
    contexts.iter().for_each(|context| context.meter().add(&asked));
    for (member, reply) in members.into_iter().zip(replies) {
        let result = member.result.unwrap_or_else(|| Err(Error::internal("a commit ended without a result")));
        // Whoever has stopped waiting has been told so.
        let _ = reply.send(result);
    }
}

/// Takes a member over what was committed before the version that all of them begin from.
async fn catch_up(member: &Member, base: &Snapshot, newest: &Snapshot) -> Result<()> {
    if base.version() >= newest.version() {
        return Ok(());
    }
    if member.conflicts.need_commits() {
        check_identities(base, newest).await?;
    }
    member.conflicts.check_states(base, newest)
}

/// The provenance of all members that are left: metrics are sums.
fn shared_info(members: &[Member]) -> CommitInfo {
    let active: Vec<&CommitInfo> = members.iter().filter(|m| m.is_active()).map(Member::info).collect();
    let Some(first) = active.first() else { return members[0].info().clone() };
    if active.len() == 1 {
        return (*first).clone();
    }
    let mut info = CommitInfo { txn_id: Uuid::new_v4().to_string(), ..(*first).clone() };
    for (name, sum) in &mut info.operation_metrics {
        let numbers = active.iter().filter_map(|i| i.operation_metrics.get(name)?.parse::<u64>().ok());
        *sum = numbers.sum::<u64>().to_string();
    }
    info.read_version = active.iter().filter_map(|i| i.read_version).min();
    info
}
