//! How long is waited and how often is tried again, from storage options.

use std::time::Duration;

use super::location::StorageOptions;
use crate::error::{Error, ErrorKind, Result};

/// What the options say, or what is meant without them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Settings {
    /// How long a request is repeated where the call has no deadline.
    pub(super) retry_timeout: Duration,
    /// How often a request is repeated, at most.
    pub(super) max_retries: Option<u32>,
    /// The pause before a request is repeated for the first time; pauses double up to a hundred times that.
    pub(super) retry_backoff: Duration,
    /// The longest pause in an answer, and before it.
    pub(super) read_timeout: Duration,
    /// Whether there is a limit for a whole request.
    pub(super) has_timeout: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry_timeout: Duration::from_secs(60),
            max_retries: None,
            retry_backoff: Duration::from_millis(100),
            read_timeout: Duration::from_secs(20),
            has_timeout: false,
        }
    }
}

impl Settings {
    /// The options that are settled here and not by a store's client.
    pub(super) const KEYS: [&'static str; 5] =
        ["retry_timeout", "max_retries", "retries", "retry_backoff", "read_timeout"];

    pub(super) fn read(options: &StorageOptions) -> Result<Self> {
        let mut settings = Self::default();
        for (name, value) in &options.0 {
            let wrong = || {
                let what = "seconds, as in 0.5 or 30, or a time such as 500ms";
                Error::new(ErrorKind::Configuration, format!("storage option {name:?} is {what}"))
            };
            match name.as_str() {
                "retry_timeout" => settings.retry_timeout = duration(value).ok_or_else(wrong)?,
                "retry_backoff" => settings.retry_backoff = duration(value).ok_or_else(wrong)?,
                "read_timeout" => settings.read_timeout = duration(value).ok_or_else(wrong)?,
                "max_retries" | "retries" => {
                    let wrong = |e| {
                        let message = format!("storage option {name:?} is a whole number");
                        Error::new(ErrorKind::Configuration, message).with_source(e)
                    };
                    settings.max_retries = Some(value.trim().parse().map_err(wrong)?);
                }
                "timeout" | "aws_timeout" | "azure_timeout" | "google_timeout" => settings.has_timeout = true,
                _ => {}
            }
        }
        Ok(settings)
    }
}

/// Seconds, or a number with its unit.
fn duration(value: &str) -> Option<Duration> {
    let value = value.trim();
    let (number, unit) = match value.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => value.split_at(at),
        None => (value, "s"),
    };
    let scale = match unit {
        "ms" => 0.001,
        "s" | "sec" | "seconds" => 1.0,
        "m" | "min" | "minutes" => 60.0,
        _ => return None,
    };
    let seconds = number.trim().parse::<f64>().ok()? * scale;
    let sane = seconds.is_finite() && (0.001..=86_400.0).contains(&seconds);
    sane.then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<Settings> {
        Settings::read(&StorageOptions(options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()))
    }

    #[test]
    fn options_and_what_is_meant_without_them() {
        assert_eq!(read(&[("aws_region", "x")]).unwrap(), Settings::default());
        let all = [
            ("retry_timeout", "2m"),
            ("retry_backoff", "5ms"),
            ("read_timeout", "0.5"),
            ("max_retries", "3"),
            ("timeout", "9"),
        ];
        let expected = Settings {
            retry_timeout: Duration::from_secs(120),
            max_retries: Some(3),
            retry_backoff: Duration::from_millis(5),
            read_timeout: Duration::from_millis(500),
            has_timeout: true,
        };
        assert_eq!(read(&all).unwrap(), expected);
    }

    #[test]
    fn what_is_no_time_is_refused_by_name() {
        for value in ["", "x", "-1", "0", "1e99", "NaN", "5 parsecs"] {
            let error = read(&[("retry_backoff", value)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.message().contains("retry_backoff"), "{error}");
        }
        assert_eq!(read(&[("max_retries", "many")]).unwrap_err().kind(), ErrorKind::Configuration);
    }
}
