//! Which columns get statistics (`delta.dataSkippingNumIndexedCols`, `delta.dataSkippingStatsColumns`, clustering).

use crate::properties::{IndexedColumns, TableProperties};
use crate::schema::{ColumnMapping, ColumnPath, DataType, Field, StructType};

/// The columns of a table's files that have statistics; found once, for all files of a writer.
pub(in crate::write) struct Indexed {
    pub(super) columns: Vec<IndexedColumn>,
    pub(super) string_prefix: usize,
}

pub(super) struct IndexedColumn {
    /// Physical.
    pub(super) name: String,
    pub(super) position: usize,
    pub(super) node: IndexedNode,
}

pub(super) enum IndexedNode {
    Struct(Vec<IndexedColumn>),
    Leaf(DataType),
}

impl Indexed {
    /// Of files of those columns, but for those at the positions from `end` on. Clustering columns, which are told by
    /// physical names, have statistics wherever they stand (Delta protocol, "Clustered Table").
    pub(in crate::write) fn new(
        columns: &StructType,
        end: usize,
        properties: &TableProperties,
        mapping: ColumnMapping,
        clustering: &[ColumnPath],
    ) -> Self {
        let mut choice = Choice { picked: IndexedColumns::new(properties), mapping, clustering };
        let fields = &columns.fields[..end.min(columns.fields.len())];
        Self {
            columns: choice.columns(fields, &mut Vec::new(), &mut Vec::new()),
            string_prefix: properties.string_prefix_length,
        }
    }
}

struct Choice<'a> {
    picked: IndexedColumns,
    mapping: ColumnMapping,
    clustering: &'a [ColumnPath],
}

impl Choice<'_> {
    fn columns(
        &mut self,
        fields: &[Field],
        logical: &mut Vec<String>,
        physical: &mut Vec<String>,
    ) -> Vec<IndexedColumn> {
        let mut columns = Vec::new();
        for (position, field) in fields.iter().enumerate() {
            let name = self.mapping.physical_name(field);
            logical.push(field.name.to_lowercase());
            physical.push(name.to_owned());
            let node = match &field.data_type {
                DataType::Struct(inner) => {
                    let children = self.columns(&inner.fields, logical, physical);
                    (!children.is_empty()).then_some(IndexedNode::Struct(children))
                }
                leaf => {
                    let clusters = self.clustering.iter().any(|path| physical.starts_with(path.names()));
                    (self.picked.takes(logical) || clusters).then(|| IndexedNode::Leaf(leaf.clone()))
                }
            };
            logical.pop();
            physical.pop();
            columns.extend(node.map(|node| IndexedColumn { name: name.to_owned(), position, node }));
        }
        columns
    }
}
