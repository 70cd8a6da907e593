//! The format of Amazon's shared config and credentials files. Lines that are none of it are skipped, as the SDKs do.

use std::collections::BTreeMap;

/// Sections by their titles, such as `profile name`; keys in lower case, a nested one as `outer.inner`. Of two values
/// for one key the last counts.
pub(super) type Sections = BTreeMap<String, BTreeMap<String, String>>;

pub(super) fn parse(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut title: Option<String> = None;
    // The key that indented lines belong to, and whether it has no value of its own.
    let mut outer: Option<(String, bool)> = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let indented = line.starts_with([' ', '\t']);
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = bare.strip_prefix('[').filter(|_| !indented) {
            title = rest.split_once(']').map(|(words, _)| words.split_whitespace().collect::<Vec<_>>().join(" "));
            outer = None;
            if let Some(title) = &title {
                sections.entry(title.clone()).or_default();
            }
            continue;
        }
        let Some(section) = title.as_ref().and_then(|title| sections.get_mut(title)) else { continue };
        let pair = bare.split_once('=').map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim()));
        match (indented, &outer, pair) {
            (true, Some((outer, true)), Some((key, value))) => {
                section.insert(format!("{outer}.{key}"), without_comment(value));
            }
            // The value before goes on.
            (true, Some((outer, false)), _) => {
                if let Some(value) = section.get_mut(outer) {
                    value.push('\n');
                    value.push_str(bare);
                }
            }
            (true, ..) | (false, _, None) => {}
            (false, _, Some((key, value))) => {
                let value = without_comment(value);
                outer = Some((key.clone(), value.is_empty()));
                section.insert(key, value);
            }
        }
    }
    sections
}

/// A comment begins behind white space.
fn without_comment(value: &str) -> String {
    let starts = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark));
    value[..starts.min().unwrap_or(value.len())].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keys_nested_ones_and_what_is_none_of_it() {
        let text = "\u{feff}# first\nstray = 1\n[default]\nRegion=eu-west-1 ; there\n secret = kept? no\n\
                    [profile  dev ] # mine\naws_secret_access_key = a=b#c/+ \ns3 =\n  addressing_style = path\n\
                    \tendpoint_url=http://x # y\nnonsense\ncredential_process = one\n  two\n; end\n[broken\nkey = lost\n\
                    [profile dev]\nregion = us-east-2\n";
        let parsed = parse(text);
        assert_eq!(parsed.keys().collect::<Vec<_>>(), ["default", "profile dev"]);
        assert_eq!(parsed["default"]["region"], "eu-west-1\nsecret = kept? no");
        let dev = &parsed["profile dev"];
        assert_eq!(dev["aws_secret_access_key"], "a=b#c/+");
        assert_eq!((&*dev["s3.addressing_style"], &*dev["s3.endpoint_url"]), ("path", "http://x"));
        assert_eq!((&*dev["credential_process"], &*dev["region"]), ("one\ntwo", "us-east-2"));
        assert!(parse("[a\u{0}]\n=\n = x\n[]\n[b]").contains_key("b"));
    }
}
