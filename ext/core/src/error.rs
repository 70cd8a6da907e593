//! One error type for the whole crate, with kinds by what the caller can do about them.

use std::error::Error as StdError;
use std::fmt;

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, named by what the caller can do about it. Each kind is one Ruby class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An option or an address is wrong: correct it.
    Configuration,
    /// A value of the right Rust type that the call cannot take (Ruby's `ArgumentError`).
    Argument,
    /// There is no Delta table there, or not that version of it.
    TableNotFound,
    /// A table is there already.
    TableExists,
    /// The table needs a table feature that this library lacks.
    UnsupportedFeature,
    /// The log or a data file breaks the protocol.
    CorruptTable,
    /// The log names a data file, change file or deletion vector that the store does not have.
    FileNotFound,
    /// A value does not fit the schema: correct the rows.
    SchemaMismatch,
    /// A row breaks a constraint of the table.
    ConstraintViolation,
    /// Another writer was first, in a way that cannot be reconciled.
    CommitConflict(ConflictKind),
    /// The commit was sent and no answer came: look for it before trying again.
    CommitOutcomeUnknown,
    /// The store failed in a way that is neither of the two below.
    Storage,
    /// The store refused the credentials or the file permissions.
    PermissionDenied,
    /// The store is throttling, unreachable or broken just now: try later.
    StorageUnavailable,
    /// The call's deadline passed.
    DeadlineExceeded,
    /// A stream or writer that was opened before a fork was used after it.
    Fork,
    /// A bug in this library.
    Internal,
}

/// Which rule two commits broke together (the names follow Spark's exceptions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConflictKind {
    /// The other commit changed the protocol.
    ProtocolChanged,
    /// The other commit changed schema, partitioning or properties.
    MetadataChanged,
    /// Both commits write the same application transaction.
    ConcurrentTransaction,
    /// Both commits write the same metadata domain.
    DomainMetadata,
    /// The other commit added files that this one should have read.
    ConcurrentAppend,
    /// The other commit removed a file that this one read.
    ConcurrentDeleteRead,
    /// Both commits remove the same file.
    ConcurrentDeleteDelete,
}

impl ConflictKind {
    /// The name that users see, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProtocolChanged => "protocol_changed",
            Self::MetadataChanged => "metadata_changed",
            Self::ConcurrentTransaction => "concurrent_transaction",
            Self::DomainMetadata => "domain_metadata",
            Self::ConcurrentAppend => "concurrent_append",
            Self::ConcurrentDeleteRead => "concurrent_delete_read",
            Self::ConcurrentDeleteDelete => "concurrent_delete_delete",
        }
    }
}

/// An error with the place it happened in.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    table: Option<String>,
    version: Option<u64>,
    wrote_nothing: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; the message says what, where and what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            table: None,
            version: None,
            wrote_nothing: false,
            source: None,
        }))
    }

    /// [`ErrorKind::CorruptTable`].
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::CorruptTable, message)
    }

    /// [`ErrorKind::Argument`].
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Argument, message)
    }

    /// [`ErrorKind::SchemaMismatch`].
    pub fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::SchemaMismatch, message)
    }

    /// [`ErrorKind::UnsupportedFeature`].
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::UnsupportedFeature, message)
    }

    /// [`ErrorKind::Internal`]: a bug here, never the user's fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The same error with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with the table's address, unless it has one.
    #[must_use]
    pub fn with_table(mut self, table: impl Into<String>) -> Self {
        if self.0.table.is_none() {
            self.0.table = Some(table.into());
        }
        self
    }

    /// The same error with the table's version, unless it has one.
    #[must_use]
    pub fn with_version(mut self, version: u64) -> Self {
        self.0.version.get_or_insert(version);
        self
    }

    /// The same error of a put, known to have come before anything was written.
    #[must_use]
    pub fn before_writing(mut self) -> Self {
        self.0.wrote_nothing = true;
        self
    }

    /// The same error with words put before its message.
    #[must_use]
    pub fn context(mut self, words: impl fmt::Display) -> Self {
        self.0.message = format!("{words}: {}", self.0.message);
        self
    }

    /// The same error with another message.
    #[must_use]
    pub fn reworded(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// The same error for one more caller; its causes become text.
    #[must_use]
    pub fn again(&self) -> Self {
        let source = self.0.source.as_ref().map(|s| s.to_string().into());
        Self(Box::new(Inner {
            kind: self.0.kind,
            message: self.0.message.clone(),
            table: self.0.table.clone(),
            version: self.0.version,
            wrote_nothing: self.0.wrote_nothing,
            source,
        }))
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What, where and what to do, without the causes.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The table's address, where known.
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The version read or tried; for a commit conflict the version that won.
    pub fn version(&self) -> Option<u64> {
        self.0.version
    }

    /// Whether it is known that nothing was or will be written; false where that is open.
    pub fn wrote_nothing(&self) -> bool {
        self.0.wrote_nothing
    }

    /// True where the same call, made again, may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::CommitConflict(_)
                | ErrorKind::StorageUnavailable
                | ErrorKind::DeadlineExceeded
                | ErrorKind::Fork
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("table", &self.0.table)
            .field("version", &self.0.version)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}
