//! The rows that are there, where a change must fit them.

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Predicate;
use crate::ops::definition::check_constraint;
use crate::scan::{Scan, ScanOptions};
use crate::snapshot::Snapshot;

/// Refuses a constraint that a row breaks: for which it is false, or unknown (Delta protocol, "CHECK Constraints").
pub(super) async fn check_rows(table: &Snapshot, name: &str, expression: &str, context: &Context) -> Result<()> {
    check_constraint(name, expression, table.schema()).map_err(|e| {
        e.context("the rows that are there cannot be looked at, so add the constraint in a change of its own")
    })?;
    let breaks = format!("NOT (({expression}\n) <=> true)");
    let options = ScanOptions { predicate: Some(Predicate::Sql(breaks)), limit: Some(1), ..ScanOptions::default() };
    if Scan::new(table.clone(), options)?.count(context).await? == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::ConstraintViolation,
        format!(
            "constraint {name} cannot be added: there are rows that break it; where(\"NOT (({expression}) <=> true)\") finds \
             them"
        ),
    )
    .with_version(table.version()))
}
