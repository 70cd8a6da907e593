use std::collections::BTreeMap;

use super::super::profiles::of_text;
use super::*;
use crate::storage::options::{StorageOptions, StoreKind};

fn settings(given: &[(&str, &str)], environment: &[(&str, &str)]) -> Settings {
    let options = StorageOptions::of(given.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let variables: BTreeMap<String, String> =
        environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let settings = Settings::check(StoreKind::S3, &options).unwrap();
    settings.with_environment(|name| variables.get(name).cloned()).unwrap()
}

/// The plan in one line.
fn told(plan: &Plan) -> String {
    match plan {
        Plan::Keys(keys) => format!("keys {}{}", keys.id, if keys.token.is_some() { " with a token" } else { "" }),
        Plan::Role { base, role } => format!("role {} for {}", role.arn, told(base)),
        Plan::WebIdentity { token_file, role } => format!("web identity {token_file} for {}", role.arn),
        Plan::Process { command, .. } => format!("process {command}"),
        Plan::Container(container) => format!("container {}", container.url),
        Plan::Object(_) => "object".to_owned(),
        Plan::Instance => "instance".to_owned(),
        Plan::Nowhere => "nowhere".to_owned(),
    }
}

fn planned(given: &[(&str, &str)], environment: &[(&str, &str)], config: &str) -> String {
    let planned = plan(&settings(given, environment), None, &of_text(config, ""));
    planned.map_or_else(|e| e.to_string(), |planned| told(&planned.plan))
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "env"), ("AWS_SECRET_ACCESS_KEY", "s")];
const GIVEN: [(&str, &str); 2] = [("access_key_id", "given"), ("secret_access_key", "s")];
const TOKEN: [(&str, &str); 2] = [("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "r")];
const DEV: &str = "[profile dev]\naws_access_key_id = dev\naws_secret_access_key = s\n";
const DEFAULT: &str = "[default]\naws_access_key_id = default\naws_secret_access_key = s\n";

#[test]
fn who_comes_before_whom() {
    let both = format!("{DEFAULT}{DEV}");
    let (agent, dev) = (("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"), ("AWS_PROFILE", "dev"));
    let all = [KEYS[0], KEYS[1], TOKEN[0], TOKEN[1], dev, agent];
    assert_eq!(planned(&GIVEN, &all, &both), "keys given");
    assert_eq!(planned(&[("profile", "dev")], &all, &both), "keys dev");
    assert_eq!(planned(&[], &all, &both), "keys env");
    assert_eq!(planned(&[], &all[2..], &both), "web identity /t for r");
    assert_eq!(planned(&[], &all[4..], &both), "keys dev");
    assert_eq!(planned(&[], &all[5..], &both), "keys default");
    assert_eq!(planned(&[], &all[5..], ""), "container http://169.254.170.2/c");
    assert_eq!(planned(&[], &[], ""), "instance");
    assert_eq!(planned(&[], &[("AWS_EC2_METADATA_DISABLED", "true")], ""), "nowhere");
    assert_eq!(
        planned(&[("container_credentials_full_uri", "http://127.0.0.1/c")], &all, &both),
        "container http://127.0.0.1/c"
    );
    // A profile that only says where is none.
    assert_eq!(planned(&[], &all[5..], "[default]\nregion = x"), "container http://169.254.170.2/c");
}

#[test]
fn roles_that_are_options_are_assumed_with_what_there_is() {
    let role = ("role_arn", "r2");
    assert_eq!(planned(&[GIVEN[0], GIVEN[1], role], &[], ""), "role r2 for keys given");
    assert_eq!(planned(&[role], &KEYS, ""), "role r2 for keys env");
    assert_eq!(planned(&[role], &[], DEFAULT), "role r2 for keys default");
    assert_eq!(planned(&[role], &[], ""), "role r2 for instance");
    assert_eq!(planned(&[role], &TOKEN, ""), "web identity /t for r2");
    // One of the environment belongs to the web identity.
    assert_eq!(planned(&[], &[KEYS[0], KEYS[1], TOKEN[1]], ""), "keys env");
}

#[test]
fn roles_of_profiles() {
    let chain = format!(
        "{DEV}[profile a]\nrole_arn = ra\nsource_profile = b\nexternal_id = e\nduration_seconds = 900\nregion = z\n\
         [profile b]\nrole_arn = rb\nsource_profile = dev\n[profile own]\nrole_arn = ro\nsource_profile = own\n\
         aws_access_key_id = own\naws_secret_access_key = s\n[profile token]\nrole_arn = rt\n\
         web_identity_token_file = /w\n[profile env]\nrole_arn = re\ncredential_source = Environment\n\
         [profile ec2]\nrole_arn = r2\ncredential_source = Ec2InstanceMetadata\n\
         [profile process]\ncredential_process = /bin/p --x\n"
    );
    let of = |name: &str| planned(&[("profile", name)], &[], &chain);
    assert_eq!(of("a"), "role ra for role rb for keys dev");
    assert_eq!(of("own"), "role ro for keys own");
    assert_eq!(of("token"), "web identity /w for rt");
    assert_eq!(of("ec2"), "role r2 for instance");
    assert_eq!(of("process"), "process /bin/p --x");
    let Ok(Planned { plan: Plan::Role { role, .. }, .. }) =
        plan(&settings(&[("profile", "a")], &[]), None, &of_text(&chain, ""))
    else {
        panic!("no role")
    };
    let expected = Role {
        arn: "ra".to_owned(),
        external_id: Some("e".to_owned()),
        duration: Some(Duration::from_secs(900)),
        region: Some("z".to_owned()),
        session_name: None,
    };
    assert_eq!(role, expected);
}

#[test]
fn what_cannot_be_is_said_with_what_to_do() {
    let of = |config: &str| planned(&[("profile", "p")], &[], config);
    for (config, words) in [
        ("", "there is no profile \"p\""),
        ("[profile p]\nsso_session = x", "credential_process = aws configure export-credentials --profile p"),
        ("[profile p]\nlogin_session = x", "signs in by a browser"),
        ("[profile p]\nrole_arn = r", "neither source_profile nor credential_source"),
        ("[profile p]\nrole_arn = r\nsource_profile = q", "no profile \"q\", which source_profile of p names"),
        ("[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nregion=x", "has no credentials"),
        (
            "[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = p",
            "its own source_profile",
        ),
        ("[profile p]\nrole_arn = r\nsource_profile = p", "its own source_profile"),
        ("[profile p]\nrole_arn = r\ncredential_source = Moon", "Environment, EcsContainer or"),
        ("[profile p]\nrole_arn = r\ncredential_source = EcsContainer", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        ("[profile p]\nrole_arn = r\nsource_profile = p\nmfa_serial = m", "one-time password"),
        ("[profile p]\naws_access_key_id = x", "it takes both"),
    ] {
        let text = of(config);
        assert!(text.contains(words), "{config}: {text}");
    }
    for (given, words) in [
        (&[("access_key_id", "x")][..], "access_key_id comes without secret_access_key"),
        (&[("secret_access_key", "x")], "secret_access_key comes without access_key_id"),
        (&[("container_credentials_full_uri", "http://example.com/c")], "others may listen"),
        (&[("container_credentials_relative_uri", "c")], "begins with /"),
    ] {
        let text = planned(given, &[], "");
        assert!(text.contains(words), "{given:?}: {text}");
    }
}

#[test]
fn what_was_looked_for_is_told() {
    let Planned { plan, tried } =
        plan(&settings(&[], &[("AWS_EC2_METADATA_DISABLED", "true"), TOKEN[0]]), None, &of_text("", "")).unwrap();
    assert!(matches!(plan, Plan::Nowhere));
    let tried = tried.join("; ");
    for words in ["AWS_ACCESS_KEY_ID", "without role_arn", "config and credentials", "no container", "switched off"] {
        assert!(tried.contains(words), "{tried}");
    }
}
