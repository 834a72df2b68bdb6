//! A byte stream that never blocks: read, write, half-close, reset; knows no event loop, no deadlines and no Node-API.

mod socket;
mod stack;
pub mod tls;
mod transport;

pub use socket::{RawSocketHandle, Socket};
pub use stack::Stack;
pub use transport::Transport;

use std::io::{self, IoSlice};

/// What a session reads from and writes to. No call waits: where the system would, the error's kind is `WouldBlock`
/// and nothing has been taken or given. An error may hold a [`Failure`](crate::failure::Failure), which then tells more
/// than its kind.
pub trait Stream {
    /// Reads what is there, at most `into.len()` bytes, which must not be fewer than [`Stream::least_room`]; `Ok(0)` is the
    /// end of the stream. The stream keeps nothing of what could have been given.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;

    /// The least room that a read needs: a TLS record is opened whole.
    fn least_room(&self) -> usize {
        1
    }

    /// Whether the last read has taken all that was there then, so that another would find nothing; so it is before the
    /// first.
    fn is_drained(&self) -> bool;

    /// Whether the next read tells of an end or an error that has come already, which no event of the socket will tell of.
    fn is_over(&self) -> bool {
        false
    }

    /// Writes from the start of `parts`, however many there are, and returns how many bytes the system took; it may be
    /// fewer than given, even without pressure.
    ///
    /// Of the bytes that were not taken the first [`Stream::begun`] are on their way nevertheless, and the next offer must
    /// begin with them.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// How many bytes of those last offered have left the caller's hands although the system has not taken them: a TLS
    /// record that is sealed leaves whole.
    fn begun(&self) -> usize {
        0
    }

    /// `count` of the begun bytes will not be offered again: the write they belong to was given up. They leave all the same,
    /// with the next bytes or the next [`Stream::flush`].
    fn disown(&mut self, _count: usize) {}

    /// Hands bytes of the stream's own to the system: those of records that were disowned, alerts, answers of TLS.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Whether [`Stream::flush`] has something to do when the system takes bytes again.
    fn wants_flush(&self) -> bool {
        false
    }

    /// Whether nothing can be read or written for the time being, whatever the socket says.
    fn is_suspended(&self) -> bool {
        false
    }

    /// Ends the outgoing direction (TCP's FIN, TLS' close_notify before it); reading goes on.
    fn shutdown_write(&mut self) -> io::Result<()>;

    /// Makes the coming close a reset (RST, RFC 9293 section 3.10.7.4), which drops what was not sent yet.
    fn reset(&mut self);
}
