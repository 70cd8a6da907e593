//! Where the Parquet encoder writes: segments that can be sent on while it goes on writing.

use std::io::{Result, Write};

use bytes::Bytes;

/// Bytes of a full segment: one buffer for a whole row group would double, and copy, as it grows.
const SEGMENT: usize = 4 << 20;

/// Bytes in the order in which they were written.
#[derive(Default)]
pub struct Segments {
    full: Vec<Bytes>,
    current: Vec<u8>,
}

impl Segments {
    /// Takes what has been written since the last call.
    pub fn take(&mut self) -> Vec<Bytes> {
        let mut taken = std::mem::take(&mut self.full);
        if !self.current.is_empty() {
            taken.push(std::mem::take(&mut self.current).into());
        }
        taken
    }

    /// Bytes that are waiting to be taken.
    pub fn waiting_bytes(&self) -> usize {
        self.full.iter().map(Bytes::len).sum::<usize>() + self.current.len()
    }
}

impl Write for Segments {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.current.extend_from_slice(bytes);
        if self.current.len() >= SEGMENT {
            self.full.push(std::mem::take(&mut self.current).into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
