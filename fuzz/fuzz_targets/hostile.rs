//! Bytes in one place of a table, chosen by `DELTALAKE_FUZZ_PLACE` (a name of `fuzzing::Place`), read as a user reads.
#![no_main]

use std::sync::OnceLock;

use deltalake_core::fuzzing::{Place, run};
use libfuzzer_sys::fuzz_target;

fn place() -> Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    *PLACE.get_or_init(|| {
        // libFuzzer's own hook ends the process at every panic, also at those that the scan turns into errors.
        std::panic::set_hook(Box::new(|_| {}));
        let name = std::env::var("DELTALAKE_FUZZ_PLACE").unwrap_or_default();
        let found = Place::ALL.iter().find(|p| format!("{p:?}") == name);
        *found.unwrap_or_else(|| {
            eprintln!("DELTALAKE_FUZZ_PLACE is one of {:?}", Place::ALL);
            std::process::exit(2)
        })
    })
}

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = run(place(), bytes) {
        eprintln!("{error:?}");
        std::process::abort();
    }
});
