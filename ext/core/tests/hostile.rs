//! A short run of what the fuzz targets in `fuzz/` do: right bytes, damaged at random, in every place where a reader meets
//! bytes of others. Each must give rows or an error: no panic, no hang, no gigabyte.
//!
//! `DELTALAKE_FUZZ_ROUNDS` sets the rounds of each place, `DELTALAKE_FUZZ_SEED` the seed that is printed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deltalake_core::fuzzing::{Place, read, run, seeds};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

const ROUNDS: usize = 300;
const MOST_BYTES: usize = 1 << 30;
const LONGEST: Duration = Duration::from_secs(30);

/// Counts what is held, and refuses what goes past the limit, as a small machine would.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work; the counters change nothing about it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

/// A few bytes changed, cut, repeated, or made into numbers that are too large.
fn damage(bytes: &mut Vec<u8>, random: &mut StdRng) {
    for _ in 0..random.random_range(1..=4) {
        if bytes.is_empty() {
            return;
        }
        let at = random.random_range(0..bytes.len());
        let until = (at + random.random_range(1..=16)).min(bytes.len());
        match random.random_range(0..7) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => bytes[at..until].fill(if random.random() { 0xff } else { 0 }),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..until)),
            5 => {
                let copy = bytes[at..until].repeat(random.random_range(1..100));
                bytes.splice(at..at, copy);
            }
            _ => {
                // Digits and lengths: what a reader believes of sizes.
                let digits = [&b"9223372036854775807"[..], b"-1", b"1e999", b"\"", b"null", b"{", b"[", b"\x00\xff"];
                let with = digits[random.random_range(0..digits.len())];
                bytes.splice(at..until, with.iter().copied());
            }
        }
    }
}

/// Damage to bytes that no reader takes would prove nothing. `DELTALAKE_FUZZ_SEEDS` names a folder to write them to.
#[test]
fn seeds_are_right() {
    let folder = std::env::var_os("DELTALAKE_FUZZ_SEEDS").map(std::path::PathBuf::from);
    for place in Place::ALL {
        for (at, bytes) in seeds(*place).unwrap().iter().enumerate() {
            // One text is no value of every type.
            if *place != Place::PartitionValue {
                read(*place, bytes).unwrap_or_else(|e| panic!("{place:?}, seed {at}: {e:?}"));
            }
            if let Some(folder) = &folder {
                let folder = folder.join(format!("{place:?}"));
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(format!("seed-{at}")), bytes).unwrap();
            }
        }
    }
}

#[test]
fn hostile_bytes_do_no_harm() {
    let seed = number("DELTALAKE_FUZZ_SEED", StdRng::from_os_rng().next_u32() as usize);
    let rounds = number("DELTALAKE_FUZZ_ROUNDS", ROUNDS);
    println!("DELTALAKE_FUZZ_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed as u64);
    // A hang is an end of the process that names the bytes, not a suite that never ends.
    let current: Arc<Mutex<(Instant, Place, Vec<u8>)>> =
        Arc::new(Mutex::new((Instant::now(), Place::Commit, Vec::new())));
    let watched = Arc::clone(&current);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let (since, place, bytes) = watched.lock().unwrap().clone();
            if since.elapsed() > LONGEST {
                eprintln!("{place:?} hangs, seed {seed}: {:?}", String::from_utf8_lossy(&bytes));
                std::process::abort();
            }
        }
    });
    for place in Place::ALL {
        let right = seeds(*place).unwrap();
        for _ in 0..rounds {
            let mut bytes = right[random.random_range(0..right.len())].clone();
            damage(&mut bytes, &mut random);
            *current.lock().unwrap() = (Instant::now(), *place, bytes.clone());
            let before = HELD.load(Ordering::Relaxed);
            PEAK.store(before, Ordering::Relaxed);
            if let Err(error) = run(*place, &bytes) {
                panic!("{place:?}, seed {seed}: {error:?}: {:?}", String::from_utf8_lossy(&bytes));
            }
            let peak = PEAK.load(Ordering::Relaxed) - before;
            assert!(peak < MOST_BYTES, "{place:?}, seed {seed}: {peak} bytes: {:?}", String::from_utf8_lossy(&bytes));
        }
    }
}
