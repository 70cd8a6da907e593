//! What values of options are, and how they are read.

use std::time::Duration;

/// What the value of an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text that may be shown.
    Text,
    /// Text that no message shows.
    Secret,
    /// True or false.
    Flag,
    /// A whole number, not negative.
    Count,
    /// A size in bytes.
    Bytes,
    /// A time span: seconds, or with a unit.
    Millis,
    /// An `http` or `https` address.
    Url,
    /// The path of a file; for certificates perhaps its text.
    File,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An object of the caller's that gives credentials; its value is its mark, see [`mark`].
    Source,
}

/// What stands in an option for an object of the caller's: nothing that anybody could write.
pub fn mark(number: u64) -> String {
    format!("{MARK}{number}")
}

const MARK: char = '\0';

impl Kind {
    /// What it is called in lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Choice(_) => "text",
            Self::Secret => "secret",
            Self::Flag => "flag",
            Self::Count | Self::Bytes => "number",
            Self::Millis => "seconds",
            Self::Url => "address",
            Self::File => "file",
            Self::Source => "object",
        }
    }

    /// The value in the spelling that stores take.
    pub(super) fn canonical(self, value: &str) -> String {
        match self {
            Self::Choice(words) => words.iter().find(|word| word.eq_ignore_ascii_case(value)).copied().unwrap_or(value),
            Self::Url | Self::Flag | Self::Count | Self::Bytes | Self::Millis => value.trim(),
            Self::Text | Self::Secret | Self::File | Self::Source => value,
        }
        .to_owned()
    }

    /// Why `value` is none of this kind. Says nothing of a value that may hold a secret.
    pub(super) fn refusal(self, value: &str) -> Option<String> {
        let quoted = || shortened(value);
        match (self, value.starts_with(MARK)) {
            (Self::Source, true) => return None,
            (Self::Source, false) => {
                return Some(
                    "it is an object with credentials, or a proc that gives them; keys have options of their own"
                        .to_owned(),
                );
            }
            (_, true) => return Some("it takes no object".to_owned()),
            (_, false) => {}
        }
        match self {
            // Seen to above.
            Self::Source => None,
            Self::Text | Self::Secret | Self::File if value.trim().is_empty() => Some("it is empty".to_owned()),
            Self::Text | Self::Secret | Self::File => None,
            Self::Flag => flag(value).is_none().then(|| format!("it is true or false, not {}", quoted())),
            Self::Count => count(value).is_none().then(|| format!("it is a whole number, not {}", quoted())),
            Self::Bytes => {
                let fits = count(value).is_some_and(|n| u32::try_from(n).is_ok());
                (!fits).then(|| format!("it is a number of bytes, not {}", quoted()))
            }
            Self::Millis => duration(value).is_none().then(|| {
                format!("it is a number of seconds from 0.001 on, or a time such as 500ms, 30s or 2m, not {}", quoted())
            }),
            Self::Url => address(value).err(),
            Self::Choice(words) => {
                let known = words.iter().any(|word| word.eq_ignore_ascii_case(value));
                (!known).then(|| format!("it is one of {}, not {}", words.join(", "), quoted()))
            }
        }
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}…", &value[..end]),
        None => format!("{value:?}"),
    }
}

/// True or false, as environments and other clients spell them.
pub(crate) fn flag(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "on" | "yes" | "y" => Some(true),
        "0" | "false" | "off" | "no" | "n" => Some(false),
        _ => None,
    }
}

/// A whole number.
pub(crate) fn count(value: &str) -> Option<usize> {
    value.trim().parse().ok()
}

/// Seconds, or numbers with units: `30`, `0.5`, `500ms`, `1m 30s`, `90 seconds`.
pub(crate) fn duration(value: &str) -> Option<Duration> {
    let text = value.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return sane(seconds);
    }
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        seconds += number * unit(&rest[..letters])?;
        rest = rest[letters..].trim_start();
    }
    sane(seconds)
}

fn unit(word: &str) -> Option<f64> {
    Some(match word.to_ascii_lowercase().as_str() {
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        _ => return None,
    })
}

/// From a millisecond to a year: nothing that a timer could not take.
fn sane(seconds: f64) -> Option<Duration> {
    (0.001..=366.0 * 86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// An address of HTTP, or why the text is none. What is wrong with a password in it is not shown.
fn address(value: &str) -> Result<url::Url, String> {
    let no_scheme = || "it is an address that begins with https:// or http://".to_owned();
    if !value.contains("://") {
        return Err(no_scheme());
    }
    let url = url::Url::parse(value).map_err(|e| format!("it is no address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(no_scheme());
    }
    Ok(url)
}
