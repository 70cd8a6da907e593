//! Which commits a transaction rides over, in Spark's order: protocol, metadata, domains, transactions, adds against
//! reads, removes against reads, removes against removes.

use std::collections::HashSet;

use super::columns::NewColumns;
use super::idempotence::AppTransaction;
use super::identities::{conflict as taken_again, leaves_identities};
use super::isolation::Isolation;
use super::reservation::Reservation;
use super::tolerated::same_layout;
use super::transaction::{Reads, Transaction};
use super::upgrade::blocking_feature;
use super::winners::Winner;
use crate::action::{Add, CommitInfo, Operation};
use crate::error::{ConflictKind, Error, ErrorKind, Result};
use crate::path::Root;
use crate::scan::FileFilter;
use crate::snapshot::Snapshot;

/// The domain that every commit with new rows writes; marks of several commits are brought together.
pub(super) const ROW_TRACKING_DOMAIN: &str = "delta.rowTracking";

/// What a transaction must not find changed.
pub(super) struct Conflicts {
    root: Root,
    isolation: Isolation,
    txn: Option<AppTransaction>,
    domains: HashSet<String>,
    changes_protocol: bool,
    changes_metadata: bool,
    columns: Option<NewColumns>,
    reserves: bool,
    /// Whether there are reserved identities that must stay nobody else's.
    identities: bool,
    /// Whether rows or files were read, so that more of the layout matters.
    blind: bool,
    reads: Rows,
    read_files: HashSet<String>,
    removed: HashSet<String>,
    /// Whether files come again, so that it matters which ones others remove and add.
    comes_again: bool,
}

/// The rows that were read.
enum Rows {
    None,
    Of(Box<FileFilter>),
    All,
    /// Those without ids.
    WithoutIds,
}

impl Conflicts {
    pub(super) fn new(base: &Snapshot, transaction: &Transaction, isolation: Isolation) -> Result<Self> {
        let root = Root::new(base.uri());
        let key = |path: &String| Ok(root.key(path, None)?.path);
        Ok(Self {
            isolation,
            txn: transaction.txn.clone(),
            domains: transaction.domains.iter().map(|d| d.domain.clone()).collect(),
            changes_protocol: transaction.protocol.is_some(),
            changes_metadata: transaction.metadata.is_some() || transaction.columns.is_some(),
            columns: transaction.columns.clone(),
            reserves: transaction.reservation.is_some(),
            identities: transaction.reservation.is_some() || transaction.files.identities.is_some(),
            blind: transaction.is_blind_append(),
            reads: match &transaction.reads {
                Reads::Nothing => Rows::None,
                Reads::Table => Rows::All,
                Reads::WithoutIds => Rows::WithoutIds,
                Reads::Where(predicate) => Rows::Of(Box::new(FileFilter::new(base, predicate)?)),
            },
            read_files: transaction.read_files.iter().map(key).collect::<Result<_>>()?,
            removed: transaction.removes.iter().map(|r| key(&r.path)).collect::<Result<_>>()?,
            comes_again: !transaction.again.is_empty(),
            root,
        })
    }

    /// Whether files come again.
    pub(super) fn comes_again(&self) -> bool {
        self.comes_again
    }

    /// Whether the files of other commits matter, so that they have to be read.
    pub(super) fn need_files(&self) -> bool {
        let reads = !matches!(self.reads, Rows::None) || !self.read_files.is_empty();
        reads || self.comes_again || !self.removed.is_empty()
    }

    /// Whether each commit of others matters, and not only what the table has become.
    pub(super) fn need_commits(&self) -> bool {
        self.identities || self.need_files()
    }

    /// Checks all that tells of the table and not of its files, of the commits that led from `before` to `after`.
    pub(super) fn check_table(&self, before: &Snapshot, after: &Snapshot) -> Result<()> {
        let conflict = |kind, what: String| Err(conflict(kind, after.version(), what));
        if before.protocol() != after.protocol() {
            let new = after.version();
            if self.changes_protocol {
                let what = format!("version {new} changed the table's protocol, as this commit does");
                return conflict(ConflictKind::ProtocolChanged, what);
            }
            if let Some(feature) = blocking_feature(before.protocol(), after.protocol()) {
                let what = format!("version {new} changed what the table's protocol says of feature {feature}");
                return conflict(ConflictKind::ProtocolChanged, format!("{what}; refresh and try again"));
            }
            if after.check_appendable().is_err() {
                let what = format!("version {new} changed the table's protocol to one that this library cannot write");
                return conflict(ConflictKind::ProtocolChanged, what);
            }
        }
        let changed = before.metadata() != after.metadata();
        let fits = || match &self.columns {
            Some(columns) => columns.fit(before, after, self.blind),
            None if self.reserves => Reservation::fits(before, after),
            None => !self.changes_metadata && same_layout(before, after, self.blind),
        };
        if changed && !fits() {
            let what = format!(
                "version {} changed the table's schema, partitioning or properties meanwhile; refresh and try again",
                after.version()
            );
            return conflict(ConflictKind::MetadataChanged, what);
        }
        Ok(())
    }

    /// Refuses a table that could only be opened anew, where it is another one or what was read of it matters.
    pub(super) fn check_lineage(&self, before: &Snapshot, after: &Snapshot) -> Result<()> {
        let is_same = before.metadata().id == after.metadata().id;
        if before.is_kin_of(after) || (is_same && !self.need_commits()) {
            return Ok(());
        }
        let what =
            "the table was dropped and made anew, or its log was put back, since it was read; refresh and try again";
        Err(conflict(ConflictKind::MetadataChanged, after.version(), what.to_owned()))
    }

    /// Checks what is known of two versions where the commits between them were not looked at one by one.
    pub(super) fn check_states(&self, before: &Snapshot, after: &Snapshot) -> Result<()> {
        self.check_table(before, after)?;
        let version = after.version();
        let domain =
            |s: &Snapshot, name: &str| s.domain_metadata().find(|(d, _)| *d == name).map(|(_, c)| c.to_owned());
        if let Some(name) = self.domains.iter().find(|name| domain(before, name) != domain(after, name)) {
            return Err(self.same_domain(version, name));
        }
        let Some(txn) = &self.txn else { return Ok(()) };
        let seen = |s: &Snapshot| s.txn(txn.app_id(), i64::MIN).map(|t| t.version);
        match seen(after) {
            Some(other) if seen(before) != Some(other) && other < txn.version() => {
                Err(self.same_application(version, other, txn))
            }
            _ => Ok(()),
        }
    }

    fn same_domain(&self, version: u64, domain: &str) -> Error {
        let what = format!("version {version} changed domain {domain:?}, as this commit does");
        conflict(ConflictKind::DomainMetadata, version, what)
    }

    fn same_application(&self, version: u64, other: i64, ours: &AppTransaction) -> Error {
        let what = format!(
            "version {version} moved application {:?} to transaction {other} while {} was being committed",
            ours.app_id(),
            ours.version()
        );
        conflict(ConflictKind::ConcurrentTransaction, version, what)
    }

    /// Checks one commit.
    pub(super) fn check(&self, winner: &Winner) -> Result<()> {
        self.check_table(&winner.before, &winner.after)?;
        let version = winner.after.version();
        if self.identities && !leaves_identities(winner) {
            return Err(taken_again(version));
        }
        let domains = winner.lines.iter().filter_map(|line| line.domain_metadata.as_ref());
        if let Some(other) =
            domains.into_iter().find(|d| d.domain != ROW_TRACKING_DOMAIN && self.domains.contains(&d.domain))
        {
            return Err(self.same_domain(version, &other.domain));
        }
        if let Some(txn) = &self.txn {
            let other = winner.lines.iter().filter_map(|line| line.txn.as_ref()).find(|t| t.app_id == txn.app_id());
            // One that is as far as ours, or further, is no conflict: ours is done.
            if let Some(other) = other.filter(|t| t.version < txn.version()) {
                return Err(self.same_application(version, other.version, txn));
            }
        }
        self.check_files(winner)
    }

    fn check_files(&self, winner: &Winner) -> Result<()> {
        let version = winner.after.version();
        if !self.ignores_adds(winner) {
            // The same rows as before are no new ones (Spark's `skipCheckedAppendsIfExistsRowTrackingBackfillTransaction`).
            let is_new = |add: &&Add| add.data_change || !winner.gives_ids;
            for add in winner.files.iter().filter_map(|line| line.add.as_ref()).filter(is_new) {
                let was_read = match &self.reads {
                    Rows::None => false,
                    Rows::All => true,
                    Rows::WithoutIds => add.base_row_id.is_none(),
                    // What cannot be told counts as read.
                    Rows::Of(filter) => filter.may_match(add).unwrap_or(true),
                };
                if was_read {
                    let what = format!("version {version} added file {} to the rows that this commit read", add.path);
                    return Err(conflict(ConflictKind::ConcurrentAppend, version, what));
                }
            }
        }
        let removed: Vec<(&str, String)> = winner
            .files
            .iter()
            .filter_map(|line| line.remove.as_ref())
            .map(|remove| Ok((remove.path.as_str(), self.root.key(&remove.path, None)?.path)))
            .collect::<Result<_>>()?;
        let reads_all = matches!(self.reads, Rows::All);
        if let Some((path, _)) = removed.iter().find(|(_, key)| reads_all || self.read_files.contains(key)) {
            let what = format!("version {version} removed file {path}, which this commit read");
            return Err(conflict(ConflictKind::ConcurrentDeleteRead, version, what));
        }
        if let Some((path, _)) = removed.iter().find(|(_, key)| self.removed.contains(key)) {
            let what = format!("version {version} removed file {path}, as this commit does");
            return Err(conflict(ConflictKind::ConcurrentDeleteDelete, version, what));
        }
        Ok(())
    }

    fn ignores_adds(&self, winner: &Winner) -> bool {
        match self.isolation {
            Isolation::Serializable => false,
            Isolation::WriteSerializable => winner.is_blind_append && !self.changes_metadata,
            Isolation::Snapshot => true,
        }
    }
}

fn conflict(kind: ConflictKind, version: u64, what: String) -> Error {
    Error::new(ErrorKind::CommitConflict(kind), what).with_version(version)
}

/// For a commit that must look at what others did, where the log no longer tells.
pub(super) fn cleaned_up(version: u64) -> Error {
    let what =
        format!("the commit of version {version} is gone, so what changed since the table was read is not known");
    conflict(ConflictKind::ConcurrentAppend, version, format!("{what}; refresh and try again"))
}

/// Refuses rows and files that were prepared for `before` where `after` does not take them as they are.
pub fn check_layout(before: &Snapshot, after: &Snapshot) -> Result<()> {
    let nothing = Transaction::new(CommitInfo::new(Operation::Write));
    Conflicts::new(before, &nothing, Isolation::Serializable)?.check_table(before, after)
}
