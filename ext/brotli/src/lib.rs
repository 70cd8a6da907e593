//! The part of `brotli` that reading Parquet files needs, in the form that the Parquet crate calls. The compressor, with
//! its tables, would be a twentieth of the library, and no writer of ours asks for it.

use std::io::{Error, ErrorKind, Read, Result, Write};

/// What the Parquet crate gives as buffer size where it does not know how long the output is.
const UNKNOWN: usize = 4096;

const MAX_BUFFER: usize = 64 << 10;

/// Decompresses `input`, and no more of it than the caller expects: a few bytes may stand for gigabytes.
pub struct Decompressor<R: Read> {
    inner: brotli_decompressor::Decompressor<R>,
    left: usize,
}

impl<R: Read> Decompressor<R> {
    /// `expected` is the size of the output.
    pub fn new(input: R, expected: usize) -> Self {
        let left = if expected == UNKNOWN { usize::MAX } else { expected };
        Self { inner: brotli_decompressor::Decompressor::new(input, expected.clamp(1, MAX_BUFFER)), left }
    }
}

impl<R: Read> Read for Decompressor<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let read = self.inner.read(out)?;
        self.left = self
            .left
            .checked_sub(read)
            .ok_or_else(|| Error::new(ErrorKind::InvalidData, "brotli data is longer than its page says"))?;
        Ok(read)
    }
}

/// Refuses to compress.
pub struct CompressorWriter<W: Write>(#[allow(dead_code, reason = "taken because the real one takes it")] W);

impl<W: Write> CompressorWriter<W> {
    /// Takes what the real one takes.
    pub fn new(output: W, _buffer_size: usize, _quality: u32, _log_window: u32) -> Self {
        Self(output)
    }
}

impl<W: Write> Write for CompressorWriter<W> {
    fn write(&mut self, _: &[u8]) -> Result<usize> {
        Err(Error::new(ErrorKind::Unsupported, "brotli is read and not written"))
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
