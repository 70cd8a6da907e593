//! What a change feed looks like, and whether rows of an earlier version can be read as rows of the last.

use crate::error::{Error, ErrorKind, Result};
use crate::schema::{
    CHANGE_TYPE, COMMIT_TIMESTAMP, COMMIT_VERSION, ColumnMapping, ColumnPath, DataType, Field, StructType,
};
use crate::snapshot::Snapshot;

/// The last version of the range with the columns of a feed.
pub(super) fn feed_snapshot(last: &Snapshot) -> Result<Snapshot> {
    let columns = [
        Field::new(CHANGE_TYPE, DataType::String, true),
        Field::new(COMMIT_VERSION, DataType::Long, true),
        Field::new(COMMIT_TIMESTAMP, DataType::Timestamp, true),
    ];
    if let Some(taken) = columns.iter().find(|c| last.schema().field(&c.name).is_some()) {
        return Err(Error::unsupported(format!(
            "the table has a column {} of its own, so that its changes cannot be told",
            taken.name
        ))
        .with_version(last.version()));
    }
    Ok(last.with_columns(columns, &[COMMIT_VERSION, COMMIT_TIMESTAMP]))
}

/// Refuses an earlier version whose files do not have all columns of the last one in types that can be read as its own.
pub(super) fn check_readable_as(earlier: &Snapshot, last: &Snapshot) -> Result<()> {
    let refuse = |why: String| {
        Err(Error::new(
            ErrorKind::SchemaMismatch,
            format!(
                "the changes of version {} cannot be read with the schema of version {}: {why}; read the versions before \
                 and after that change on their own",
                earlier.version(),
                last.version()
            ),
        ))
    };
    let partitions = |snapshot: &Snapshot| -> Vec<String> {
        let (schema, mapping) = (snapshot.schema(), snapshot.column_mapping());
        let fields = snapshot.partition_columns().iter().filter_map(|name| schema.field(name));
        fields.map(|field| mapping.physical_name(field).to_owned()).collect()
    };
    if partitions(earlier) != partitions(last) {
        return refuse("the partition columns are others".to_owned());
    }
    let mappings = Mappings { old: earlier.column_mapping(), new: last.column_mapping() };
    match mappings.difference(earlier.schema(), last.schema(), None) {
        Some(why) => refuse(why),
        None => Ok(()),
    }
}

/// What columns go by in the files of the two versions.
struct Mappings {
    old: ColumnMapping,
    new: ColumnMapping,
}

impl Mappings {
    /// The first thing that stands against reading `old` as `new`.
    fn difference(&self, old: &StructType, new: &StructType, parent: Option<&ColumnPath>) -> Option<String> {
        let path =
            |field: &Field| parent.map_or_else(|| ColumnPath::from(field.name.as_str()), |p| p.child(&field.name));
        let same = |a: &Field, b: &Field| self.old.physical_name(a) == self.new.physical_name(b);
        let kept = old.fields.iter().find_map(|field| match new.fields.iter().find(|now| same(field, now)) {
            Some(now) => self.type_difference(&field.data_type, &now.data_type, &path(field)),
            // A mapped column that is gone is not taken for another one: what is left can be read.
            None if self.old != ColumnMapping::None => None,
            None => Some(format!("column {} was dropped or renamed", path(field))),
        });
        kept.or_else(|| {
            let is_new = |field: &&Field| !old.fields.iter().any(|before| same(before, field));
            let added = new.fields.iter().filter(is_new).find(|field| !field.nullable)?;
            Some(format!("column {} was added, and is never null", path(added)))
        })
    }

    fn type_difference(&self, old: &DataType, new: &DataType, path: &ColumnPath) -> Option<String> {
        match (old, new) {
            (DataType::Struct(old), DataType::Struct(new)) => self.difference(old, new, Some(path)),
            (DataType::Array(old), DataType::Array(new)) => {
                self.type_difference(&old.element, &new.element, &path.child("element"))
            }
            (DataType::Map(old), DataType::Map(new)) => self
                .type_difference(&old.key, &new.key, &path.child("key"))
                .or_else(|| self.type_difference(&old.value, &new.value, &path.child("value"))),
            (old, new) if old == new || old.widens_to(new) => None,
            _ => Some(format!("column {path} was {old} and became {new}")),
        }
    }
}
