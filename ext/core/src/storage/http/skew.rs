//! Clocks that differ: a store refuses requests whose time is too far from its own, and each says so in words of its own.

/// Texts that only such a refusal has. A short-lived link or token that is over is told in other words.
const WORDS: [&str; 6] = [
    // S3, and Google for keys of its XML interface.
    "RequestTimeTooSkewed",
    "difference between the request time and",
    // Azure, with a key of the account.
    "Request date header too old",
    // STS and DynamoDB.
    "Signature expired: ",
    "Signature not yet current: ",
    // Google, asked for a token.
    "in a reasonable timeframe",
];

/// Whether the text of a refusal says that this machine's clock is wrong.
pub(in crate::storage) fn is_of_clock(text: &str) -> bool {
    WORDS.iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stores_say_of_clocks() {
        for words in [
            "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time \
             is too large.</Message></Error>",
            "<AuthenticationErrorDetail>Request date header too old: 'Sat, 28 Nov 2026 08:00:00 GMT'\
             </AuthenticationErrorDetail>",
            "Signature expired: 20261128T080000Z is now earlier than 20261129T080000Z (20261129T081500Z - 15 min.)",
            "Signature not yet current: 20261130T080000Z is still later than 20261129T080000Z",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and \
             exp values in the JWT claim.",
        ] {
            assert!(is_of_clock(words), "{words}");
        }
        for words in [
            "The provided token has expired.",
            "Signature not valid in the specified time frame: Start [a] - Expiry [b] - Current [c]",
            "Token expired: current date/time 1 must be before the expiration date/time 0",
        ] {
            assert!(!is_of_clock(words), "{words}");
        }
    }
}
