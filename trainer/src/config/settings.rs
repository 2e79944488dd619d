//! Settings as tables of TOML: from a command line, laid over defaults, with suggestions for unknown ones.

use anyhow::{Context, Result, anyhow, bail, ensure};

/// Refuses unknown settings.
///
/// # Errors
///
/// When a setting is unknown: the message names the first one and the nearest known one.
pub(super) fn check(given: &toml::Table, known: &toml::Table) -> Result<()> {
    let (given, known) = (paths(given, ""), paths(known, ""));
    let unknown = given.iter().find(|path| !is_known(path, &known));
    unknown.map_or(Ok(()), |unknown| {
        let nearest = nearest(unknown, &known);
        bail!("there is no setting `{unknown}`: the nearest is `{nearest}`")
    })
}

/// The settings of a table and its groups, as `group.key`.
fn paths(table: &toml::Table, group: &str) -> Vec<String> {
    let of = |(key, value): (&String, &toml::Value)| {
        let path = format!("{group}{key}");
        match value {
            toml::Value::Table(inner) => paths(inner, &format!("{path}.")),
            _ => vec![path],
        }
    };
    table.iter().flat_map(of).collect()
}

/// Whether there is a setting of that path, or one where a group was written: that is told by its type.
fn is_known(path: &str, known: &[String]) -> bool {
    known.iter().any(|known| {
        let rest = path.strip_prefix(known.as_str());
        let group = known.strip_prefix(path);
        rest.or(group)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// The setting that an unknown one was probably meant to be. A key without its group is as near as it can be.
fn nearest<'a>(unknown: &str, known: &'a [String]) -> &'a str {
    let key = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |known: &str| {
        let of_keys = strsim::jaro_winkler(&key(unknown), &key(known));
        of_keys.max(strsim::jaro_winkler(unknown, known))
    };
    let nearest = known
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.map_or("", String::as_str)
}

/// Lays settings over defaults, group by group.
pub(super) fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// For each setting of the run that has another value in the command, its path and both values. Both tables have all
/// settings.
pub(super) fn differences(run: &toml::Table, command: &toml::Table) -> Vec<String> {
    let of = |path: String| {
        let [ours, theirs] = [run, command].map(|table| value(table, &path));
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => Some(format!(
                "{path} is {ours} in the run, the command says {theirs}"
            )),
            _ => None,
        }
    };
    paths(run, "").into_iter().filter_map(of).collect()
}

/// The value of a setting, whose path is `group.key`.
fn value<'a>(table: &'a toml::Table, path: &str) -> Option<&'a toml::Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((group, rest)) => value(table.get(group)?.as_table()?, rest),
    }
}

/// Puts `key=value` settings into a table.
pub(super) fn set_all(table: &mut toml::Table, settings: &[String]) -> Result<()> {
    for setting in settings {
        let Some((key, value)) = setting.split_once('=') else {
            bail!("--set {setting}: write it as key=value");
        };
        set(table, key.trim(), value.trim()).with_context(|| format!("--set {setting}"))?;
    }
    Ok(())
}

/// Puts a value at `a.b.c` into a table; text that is no TOML value becomes a string.
fn set(table: &mut toml::Table, key: &str, value: &str) -> Result<()> {
    let value = match format!("value = {value}").parse::<toml::Table>() {
        Ok(mut parsed) => parsed.remove("value").context("no value")?,
        Err(_) => toml::Value::String(value.into()),
    };
    let mut place = table;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        ensure!(!part.is_empty(), "an empty key");
        if parts.peek().is_none() {
            place.insert(part.into(), value);
            break;
        }
        let entry = place
            .entry(part)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        place = entry
            .as_table_mut()
            .with_context(|| format!("`{part}` is a setting, not a group"))?;
    }
    Ok(())
}

/// An error of TOML in one line.
pub(super) fn one_line(error: &str) -> anyhow::Error {
    anyhow!("{}", error.trim().replace('\n', " "))
}
