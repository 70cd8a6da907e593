//! Properties and constraints.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Result};
use crate::ops::definition::{CONSTRAINT, Definition, MODE, check_constraint, check_settable};

fn refused(what: String) -> Error {
    Error::new(ErrorKind::Configuration, what)
}

pub(super) fn set(definition: &mut Definition, properties: &BTreeMap<String, String>) -> Result<()> {
    for (key, value) in properties {
        if let Some(name) = key.strip_prefix(CONSTRAINT) {
            return Err(refused(format!(
                "table property {key} is a constraint: add_constraint {name:?}, {value:?} looks at the rows that are there"
            )));
        }
        definition.set(key, value)?;
    }
    Ok(())
}

pub(super) fn unset(definition: &mut Definition, keys: &[String], if_exists: bool) -> Result<()> {
    for key in keys {
        check_settable(key)?;
        if let Some(name) = key.strip_prefix(CONSTRAINT) {
            return Err(refused(format!(
                "table property {key} is a constraint: drop_constraint {name:?} takes it away"
            )));
        }
        if key == MODE && definition.property(key).is_some() {
            definition.set(key, "none")?;
        }
        if definition.metadata.configuration.remove(key).is_none() && !if_exists {
            return Err(refused(format!("table property {key} is not set: nothing can be taken away")));
        }
    }
    Ok(())
}

/// Adds a constraint for rows to come; whether the rows that are there fulfil it is to be looked at.
pub(super) fn add_constraint(definition: &mut Definition, name: &str, expression: &str) -> Result<()> {
    let key = key_of(definition, name);
    if name.is_empty() || key.is_some() {
        let why = if name.is_empty() { "its name is empty" } else { "there is one of this name (case is ignored)" };
        return Err(Error::argument(format!("constraint {name:?} cannot be added: {why}")));
    }
    check_constraint(name, expression, &definition.schema)?;
    let key = format!("{CONSTRAINT}{}", name.to_lowercase());
    definition.metadata.configuration.insert(key, Some(expression.to_owned()));
    Ok(())
}

pub(super) fn drop_constraint(definition: &mut Definition, name: &str, if_exists: bool) -> Result<()> {
    match key_of(definition, name) {
        Some(key) => drop(definition.metadata.configuration.remove(&key)),
        None if if_exists => {}
        None => {
            let names: Vec<&str> =
                definition.metadata.configuration.keys().filter_map(|key| key.strip_prefix(CONSTRAINT)).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Error::argument(format!("there is no constraint {name}: the table has {there}")));
        }
    }
    Ok(())
}

fn key_of(definition: &Definition, name: &str) -> Option<String> {
    let wanted = format!("{CONSTRAINT}{name}").to_lowercase();
    definition.metadata.configuration.keys().find(|key| key.to_lowercase() == wanted).cloned()
}
