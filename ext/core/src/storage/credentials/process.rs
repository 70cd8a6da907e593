//! Programs that print credentials: `credential_process` of a profile.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use object_store::aws::AwsCredential;

use super::kept::Temporary;
use super::machine::read;
use super::unobtainable::{Reason, Unobtainable};

/// Bytes of what a program prints, at most.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Characters of what it complains that are passed on.
const WORDS: usize = 300;

const TICK: Duration = Duration::from_millis(10);

/// What the program prints.
pub(super) async fn ask(
    profile: &str,
    command: &str,
    limit: Duration,
) -> Result<Temporary<AwsCredential>, Unobtainable> {
    let what = format!("credential_process of the profile {profile}");
    let words = words(command).filter(|words| !words.is_empty()).ok_or_else(|| {
        Unobtainable::new(Reason::Misconfigured, format!("{what} is no command: a quote is not closed"))
    })?;
    // Who stops waiting ends the program.
    let waiting = Waiting(Arc::new(AtomicBool::new(true)));
    let (wanted, name) = (Arc::clone(&waiting.0), what.clone());
    let ended = tokio::task::spawn_blocking(move || run(&name, &words, limit, &wanted));
    let printed =
        ended.await.unwrap_or_else(|_| Err(Unobtainable::new(Reason::Refused, format!("{what} was lost"))))?;
    drop(waiting);
    let found = read(&what, &printed)?;
    match found.expires.filter(|at| *at <= Utc::now()) {
        Some(at) => Err(Unobtainable::new(
            Reason::Refused,
            format!("{what} gave credentials that were over at {}, by this machine's clock", at.to_rfc3339()),
        )),
        None => Ok(found),
    }
}

struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn run(what: &str, words: &[String], limit: Duration, wanted: &AtomicBool) -> Result<Vec<u8>, Unobtainable> {
    let began = Instant::now();
    let refused = |text: String| Unobtainable::new(Reason::Refused, text);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| {
        Unobtainable::new(Reason::Misconfigured, format!("{what} cannot be started: {}: {e}", words[0]))
    })?;
    let (printed, complaints) = (reading(child.stdout.take()), reading(child.stderr.take()));
    let late = || Unobtainable::new(Reason::Late, format!("{what} did not end in {limit:?}, and was stopped"));
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if began.elapsed() < limit && wanted.load(Ordering::Acquire) => thread::sleep(TICK),
            Ok(None) => {
                end(&mut child);
                return Err(late());
            }
            // Somebody has waited for all children of this process: what it printed says enough.
            Err(_) => break None,
        }
    };
    let left = || limit.saturating_sub(began.elapsed());
    // A child of the program may hold its output open.
    let printed = printed.recv_timeout(left()).map_err(|_| late())?;
    if status.is_none_or(|status| status.success()) {
        return Ok(printed);
    }
    let said = complaints.recv_timeout(left().min(Duration::from_secs(1))).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing");
    let last: String = last.chars().filter(|c| !c.is_control()).take(WORDS).collect();
    let status = status.map_or_else(String::new, |status| format!(" ({status})"));
    Err(refused(format!("{what} failed{status}: {last}")))
}

/// All of a pipe, once it is closed.
fn reading(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(LONGEST_ANSWER).read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Words of a command as a shell splits them; `None` where a quote is not closed. Nothing else is a shell's here.
fn words(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut rest = command.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().push(rest.next()?),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(script: &str, limit: Duration) -> Result<Temporary<AwsCredential>, Unobtainable> {
        ask("p", &format!("sh -c '{script}'"), limit).await
    }

    #[test]
    fn commands_are_split_as_a_shell_does() {
        let split = |text: &str| words(text).unwrap();
        assert_eq!(split(r#" a  "b c" d\ e 'f"\g' "" "#), ["a", "b c", "d e", r#"f"\g"#, ""]);
        assert!(words("a 'b").is_none() && words("a\\").is_none());
        assert!(split("  ").is_empty());
    }

    #[tokio::test]
    async fn what_programs_print_and_how_they_fail() {
        let limit = Duration::from_secs(20);
        let good = r#"echo "{\"Version\":1,\"AccessKeyId\":\"id\",\"SecretAccessKey\":\"s3cr3t\"}""#;
        let found = said(good, limit).await.map_err(|e| e.text).unwrap();
        assert_eq!((found.credential.key_id.as_str(), found.expires), ("id", None));
        for (script, words) in [
            ("echo oh >&2; echo no access >&2; exit 3", "exit status: 3): no access"),
            ("echo s3cr3t", "gave no credentials that can be read"),
            ("exit 1", "it said nothing"),
            (
                r#"echo "{\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s3cr3t\",\"Expiration\":\"2020-01-01T00:00:00Z\"}""#,
                "were over at 2020-01-01",
            ),
        ] {
            let failure = said(script, limit).await.err().unwrap();
            assert!(failure.text.contains(words) && !failure.text.contains("s3cr3t"), "{}", failure.text);
            assert_eq!(failure.reason, Reason::Refused);
        }
        let failure = ask("p", "/nowhere/at/all x", limit).await.err().unwrap();
        assert_eq!(failure.reason, Reason::Misconfigured);
        assert!(failure.text.contains("/nowhere/at/all"), "{}", failure.text);
    }

    #[tokio::test]
    async fn one_that_hangs_is_stopped() {
        for script in ["exec sleep 20", "sleep 2 & echo 1"] {
            let failure = said(script, Duration::from_millis(300)).await.err().unwrap();
            assert_eq!(failure.reason, Reason::Late, "{script}: {}", failure.text);
        }
    }
}
