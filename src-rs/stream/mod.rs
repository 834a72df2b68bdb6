//! A byte stream that never blocks: read, write, half-close, reset; knows no event loop, no deadlines and no Node-API.

mod socket;

pub use socket::{RawSocketHandle, Socket};

use std::io::{self, IoSlice};

/// What a session reads from and writes to. No call waits: where the system would, the error's kind is `WouldBlock`
/// and nothing has been taken or given.
pub trait Stream {
    /// Reads what is there, at most `into.len()` bytes, which must not be 0; `Ok(0)` is the end of the stream.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;

    /// Writes from the start of `parts`, however many there are, and returns how many bytes the stream took; it may be
    /// fewer than given, even without pressure.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Ends the outgoing direction (TCP's FIN); reading goes on.
    fn shutdown_write(&mut self) -> io::Result<()>;

    /// Makes the coming close a reset (RST, RFC 9293 section 3.10.7.4), which drops what was not sent yet.
    fn reset(&mut self);
}
