//! TLS between a session and the stream below it, which carries its records; knows when bytes move, not how they are sealed.

mod alerts;
mod engine;
mod failing;

#[cfg(test)]
pub(super) mod tests;

pub use engine::{Description, Engine, Progress};
pub use failing::{failure, truncated};

use std::{
    cell::Cell,
    io::{self, IoSlice},
    mem,
    thread::LocalKey,
};

use super::Stream;
use crate::failure::{Failure, Phase};

/// The largest record: header, the largest plaintext and the 2048 bytes that TLS 1.2 lets a cipher add (RFC 5246 section
/// 6.2.3; TLS 1.3 allows 256).
pub const LARGEST_RECORD: usize = 5 + 16_384 + 2048;

/// Ciphertext that is read, or plaintext that is sealed, at a time: as much as one read of a plain session.
const BATCH: usize = 128 * 1024;

/// Reads of the stream below that one read may make without a byte of data to show for them: tickets, key updates and
/// empty records a peer may send without end.
const BARREN_READS: u32 = 16;

thread_local! {
    /// Where ciphertext lies while it is opened, and while it is sealed: a connection keeps only what is left of it.
    static INCOMING: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static OUTGOING: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    /// Where small parts are put together to records.
    static GATHERED: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// One connection's TLS after the handshake.
///
/// Invariants: all whole records that were read are opened before a read ends, so that nothing readable waits here where
/// no event of the socket would tell of it; bytes of `pending` precede everything sealed later.
pub struct Tls {
    engine: Engine,
    /// Ciphertext that the stream below has not taken.
    pending: Vec<u8>,
    /// Plaintext in `pending` whose owner has not been told that it left.
    begun: usize,
    drained: bool,
    /// close_notify is in `pending` or has left: nothing may follow it.
    notified: bool,
    /// Why the stream below takes no more. The system may tell it once, and to whoever comes first.
    broken: Option<Box<Failure>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

impl Tls {
    /// Goes on where a handshake ended. What it had to send, it has sent.
    pub fn new(engine: Engine) -> Tls {
        // The handshake may have left an error to be told, or a part of a record.
        Tls { engine, pending: Vec::new(), begun: 0, drained: false, notified: false, broken: None }
    }

    /// See [`Stream::read`].
    pub fn read<S: Stream>(&mut self, below: &mut S, into: &mut [u8]) -> io::Result<usize> {
        self.drained = false;
        // Most reads have data to show after the first; a peer may send without end what has none.
        for _ in 0..BARREN_READS {
            if self.engine.is_over() {
                return self.engine.failure().map_or(Ok(0), |failure| Err(failure.into()));
            }
            match self.read_once(below, into) {
                Ok(0) => {}
                Ok(count) => {
                    // An end that came with the bytes is there for the next read.
                    self.drained = below.is_drained() && !self.engine.is_over();
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.drained = true;
                    return Err(error);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.engine.cut(Failure::system(&error, Phase::Read, "read")),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Reads ciphertext once, and opens all records that are complete. As plaintext is no longer than its record, what comes
    /// fits into `into`.
    fn read_once<S: Stream>(&mut self, below: &mut S, into: &mut [u8]) -> io::Result<usize> {
        with(&INCOMING, |incoming| {
            let rest = self.engine.rest();
            let kept = rest.len();
            // Of what was kept only an incomplete record can still become data; more is of a handshake message in parts.
            let most = BATCH.min(into.len() - kept.min(LARGEST_RECORD - 1));
            if incoming.len() < kept + most {
                incoming.resize(kept + most, 0);
            }
            incoming[..kept].copy_from_slice(rest);
            let count = below.read(&mut incoming[kept..kept + most])?;
            if count == 0 {
                // A reset that a write was told of looks like an end from here.
                let reset = self.broken.as_deref().filter(|failure| failure.code == "ECONNRESET");
                self.engine.cut(reset.cloned().unwrap_or_else(|| truncated(Phase::Read)));
                return Ok(0);
            }
            let Progress { filled, outgoing } =
                self.engine.open(&mut incoming[..kept + count], into, Phase::Read);
            if !outgoing.is_empty() && !self.notified {
                self.pending.extend_from_slice(&outgoing);
                // What fails here is told to the next write.
                let _ = self.flush(below);
            }
            Ok(filled)
        })
    }

    /// See [`Stream::is_drained`].
    pub fn is_drained(&self) -> bool {
        self.drained
    }

    /// See [`Stream::is_over`].
    pub fn is_over(&self) -> bool {
        self.engine.is_over()
    }

    /// See [`Stream::write_vectored`].
    pub fn write_vectored<S: Stream>(&mut self, below: &mut S, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.flush(below)?;
        if !self.pending.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut taken = mem::take(&mut self.begun);
        let mut left = Parts::new(parts);
        left.skip(taken);
        while !left.is_empty() {
            let size = match left.with_next(|plain| self.send(below, plain)) {
                Ok(size) => size,
                // It stays, and is told to the next write.
                Err(_) if taken > 0 => break,
                Err(error) => return Err(error),
            };
            left.skip(size);
            if !self.pending.is_empty() {
                self.begun = size;
                break;
            }
            taken += size;
        }
        Ok(taken)
    }

    /// Seals `plain` and sends it as far as the stream below takes it; the rest is pending. Gives how much was sealed.
    fn send<S: Stream>(&mut self, below: &mut S, plain: &[u8]) -> io::Result<usize> {
        with(&OUTGOING, |outgoing| {
            let sealed = self.engine.seal(plain, outgoing).map_err(io::Error::from)?;
            let sent = self.push(below, &outgoing[..sealed])?;
            self.pending.extend_from_slice(&outgoing[sent..sealed]);
            Ok(plain.len())
        })
    }

    /// Writes as much of `bytes` as the stream below takes now.
    fn push<S: Stream>(&mut self, below: &mut S, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        while sent < bytes.len() {
            match below.write_vectored(&[IoSlice::new(&bytes[sent..])]) {
                Ok(0) => break,
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.pending = Vec::new();
                    self.broken = Some(Failure::system(&error, Phase::Write, "write").into());
                    return Err(error);
                }
            }
        }
        Ok(sent)
    }

    /// See [`Stream::begun`].
    pub fn begun(&self) -> usize {
        self.begun
    }

    /// See [`Stream::disown`].
    pub fn disown(&mut self, count: usize) {
        self.begun -= count;
    }

    /// See [`Stream::flush`].
    pub fn flush<S: Stream>(&mut self, below: &mut S) -> io::Result<()> {
        if let Some(failure) = &self.broken {
            return Err(Failure::clone(failure).into());
        }
        if self.pending.is_empty() {
            return below.flush();
        }
        let mut pending = mem::take(&mut self.pending);
        let sent = self.push(below, &pending)?;
        pending.drain(..sent);
        self.pending = pending;
        if self.pending.is_empty() {
            // Most connections never have anything pending.
            self.pending = Vec::new();
        }
        Ok(())
    }

    /// See [`Stream::wants_flush`].
    pub fn wants_flush(&self) -> bool {
        !self.pending.is_empty()
    }

    /// See [`Stream::shutdown_write`]. close_notify says that what was sent is whole (RFC 8446 section 6.1).
    pub fn shutdown_write<S: Stream>(&mut self, below: &mut S) -> io::Result<()> {
        if !mem::replace(&mut self.notified, true) && !self.engine.is_broken() {
            with(&OUTGOING, |outgoing| {
                let sealed = self.engine.close_notify(outgoing);
                self.pending.extend_from_slice(&outgoing[..sealed]);
            });
        }
        match self.flush(below) {
            Ok(()) if self.wants_flush() => Err(io::ErrorKind::WouldBlock.into()),
            // Who has reset the connection hears of no end any more; the stream below says what that means.
            Ok(()) | Err(_) => below.shutdown_write(),
        }
    }
}

/// Runs with this thread's scratch memory, which is given up meanwhile: TLS over TLS, as to a proxy and through it, finds
/// none and makes some of its own.
fn with<R>(memory: &'static LocalKey<Cell<Vec<u8>>>, run: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut bytes = memory.take();
    let result = run(&mut bytes);
    memory.set(bytes);
    result
}

/// The least room for a read over a stream that needs `below`: what was kept of a record counts as room that is taken.
pub fn least_room(below: usize) -> usize {
    below + LARGEST_RECORD - 1
}

/// What is still to be sealed of an offer.
struct Parts<'a> {
    parts: &'a [IoSlice<'a>],
    /// Bytes of the first part that are done.
    done: usize,
}

impl<'a> Parts<'a> {
    fn new(parts: &'a [IoSlice<'a>]) -> Parts<'a> {
        let mut parts = Parts { parts, done: 0 };
        parts.skip(0);
        parts
    }

    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn skip(&mut self, count: usize) {
        self.done += count;
        while let Some(first) = self.parts.first()
            && self.done >= first.len()
        {
            self.done -= first.len();
            self.parts = &self.parts[1..];
        }
    }

    /// Calls `act` with what is to be sealed next: of a large part as much as a batch, small ones put together to a record.
    fn with_next<R>(&self, act: impl FnOnce(&[u8]) -> R) -> R {
        const RECORD: usize = 16_384;
        let first = &self.parts[0][self.done..];
        if self.parts.len() == 1 || first.len() >= RECORD {
            return act(&first[..first.len().min(BATCH)]);
        }
        with(&GATHERED, |gathered| {
            gathered.clear();
            gathered.extend_from_slice(first);
            for part in &self.parts[1..] {
                let room = RECORD - gathered.len();
                gathered.extend_from_slice(&part[..part.len().min(room)]);
                if gathered.len() == RECORD {
                    break;
                }
            }
            act(gathered)
        })
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> io::Error {
        io::Error::other(failure)
    }
}
