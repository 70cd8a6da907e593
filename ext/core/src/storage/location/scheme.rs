//! What stands around the path of an address: its scheme, and what must not be there because it may be a secret.

/// The scheme, where the address has one; a name with a colon deeper in a path is no scheme.
pub(super) fn of(address: &str) -> Option<&str> {
    let (head, rest) = address.split_once(':')?;
    let is_scheme = head.len() >= 2
        && head.starts_with(|c: char| c.is_ascii_alphabetic())
        && head.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (is_scheme && rest.starts_with('/')).then_some(head)
}

/// What stands between `://` and the path.
fn authority(address: &str) -> &str {
    let Some((_, rest)) = address.split_once("://") else { return "" };
    rest.split(['/', '\\', '?', '#']).next().unwrap_or_default()
}

/// The address without what may be a secret: user and password, query, fragment.
pub(in crate::storage) fn shown(address: &str) -> String {
    if of(address).is_none() {
        return address.to_owned();
    }
    let without_user = match (has_user(address), address.split_once("://"), address.rsplit_once('@')) {
        (true, Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        (true, Some((scheme, _)), None) => format!("{scheme}://…"),
        _ => address.to_owned(),
    };
    without_user.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Whether there is a user or a password. A password may hold slashes, which then look like those of the path; Azure's
/// addresses have a container before the `@`.
fn has_user(address: &str) -> bool {
    let scheme = of(address).unwrap_or_default().to_ascii_lowercase();
    let azure = matches!(scheme.as_str(), "abfs" | "abfss" | "wasb" | "wasbs" | "az" | "azure" | "adl");
    let authority = authority(address);
    match (authority.rsplit_once('@'), authority.split_once(':')) {
        (Some((user, _)), _) => !azure || user.contains(':'),
        (None, Some((_, port))) => address.contains('@') || !port.bytes().all(|b| b.is_ascii_digit()),
        (None, None) => false,
    }
}

/// Refuses what has no place in a table's address, without showing it.
pub(super) fn refuse_extras(address: &str) -> Result<(), String> {
    if has_user(address) {
        return Err(
            "it holds a user or a password: give credentials as options of the store, and not in the address, \
                    which ends up in logs"
                .to_owned(),
        );
    }
    let Some(at) = address.find(['?', '#']) else { return Ok(()) };
    Err(match address.as_bytes().get(at) {
        Some(b'#') => "it holds a fragment: a # that belongs to the path is written %23",
        _ if looks_signed(&address[at..]) => {
            "it holds a signature: give a shared access signature as the option sas_token, and not in the address, which \
             ends up in logs"
        }
        _ => "it holds a query: a ? that belongs to the path is written %3F",
    }
    .to_owned())
}

fn looks_signed(query: &str) -> bool {
    let query = query.to_ascii_lowercase();
    ["sig=", "signature=", "token=", "x-amz-", "x-goog-"].iter().any(|mark| query.contains(mark))
}
