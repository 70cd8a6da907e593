//! Blocks of bytes cut into chunks of whole lines.

use bytes::Bytes;
use memchr::{memchr_iter, memrchr};

use crate::error::{Error, Result};

/// A line cannot be longer.
const LONGEST_LINE: usize = 256 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whole lines.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// With their ends.
    pub bytes: Bytes,
    /// The number of the first line, from 1 on.
    pub first_line: u64,
}

/// What was read of a text, up to the last end of a line.
#[derive(Debug)]
pub struct Lines {
    rest: Vec<u8>,
    next_line: u64,
    started: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self { rest: Vec::new(), next_line: 1, started: false }
    }
}

impl Lines {
    /// Takes a block; gives the lines that are whole by now.
    pub fn push(&mut self, block: &[u8]) -> Result<Option<Chunk>> {
        let end = match memrchr(b'\n', block) {
            Some(at) => at + 1,
            None if self.rest.len() + block.len() > LONGEST_LINE => {
                return Err(Error::schema(format!(
                    "line {} is longer than {} MB: is this a text of lines?",
                    self.next_line,
                    LONGEST_LINE >> 20
                )));
            }
            None => {
                self.rest.extend_from_slice(block);
                return Ok(None);
            }
        };
        let mut whole = std::mem::replace(&mut self.rest, block[end..].to_vec());
        whole.extend_from_slice(&block[..end]);
        Ok(Some(self.chunk(whole)))
    }

    /// The last line, where it has no end.
    pub fn finish(&mut self) -> Option<Chunk> {
        let rest = std::mem::take(&mut self.rest);
        (!rest.is_empty()).then(|| self.chunk(rest))
    }

    fn chunk(&mut self, whole: Vec<u8>) -> Chunk {
        let first_line = self.next_line;
        self.next_line += memchr_iter(b'\n', &whole).count() as u64;
        let mut bytes = Bytes::from(whole);
        if !std::mem::replace(&mut self.started, true) && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes = bytes.slice(BYTE_ORDER_MARK.len()..);
        }
        Chunk { bytes, first_line }
    }
}
