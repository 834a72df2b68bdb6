//! A connected socket during its dial, as proxies and TLS talk over it on tokio; knows bytes and layers, no messages.

use std::{
    io::{self, IoSlice},
    mem,
    net::TcpStream as StdStream,
};

use tokio::{net::TcpStream, task::yield_now};

use crate::stream::{Stack, Stream, tls::Tls};

/// The most bytes read at a time beyond what the layers need: handshakes and replies are small.
const PIECE: usize = 16 * 1024;

/// The way to the far end so far: a socket, layers of TLS over it, and bytes that came early.
pub struct Line {
    socket: TcpStream,
    layers: Vec<Tls>,
    /// Bytes that were received and belong to what comes next.
    early: Vec<u8>,
}

/// What a line was, for the session that goes on with it.
pub struct Parts {
    /// The socket; no event loop has it.
    pub socket: StdStream,
    /// The layers over it, the lowest first.
    pub layers: Vec<Tls>,
    /// Bytes to read first.
    pub early: Vec<u8>,
}

impl Line {
    /// Over a non-blocking socket.
    pub fn new(socket: StdStream, layers: Vec<Tls>) -> io::Result<Line> {
        Ok(Line { socket: TcpStream::from_std(socket)?, layers, early: Vec::new() })
    }

    /// Ends the dial's part.
    pub fn into_parts(self) -> io::Result<Parts> {
        Ok(Parts { socket: self.socket.into_std()?, layers: self.layers, early: self.early })
    }

    /// Everything goes through `tls` from now on; `early` are its first bytes.
    pub fn add(&mut self, tls: Tls, early: Vec<u8>) {
        self.layers.push(tls);
        self.early = early;
    }

    /// Puts back what was received beyond what it was received for.
    pub fn put_back(&mut self, bytes: &[u8]) {
        self.early.splice(..0, bytes.iter().copied());
    }

    /// Sends all of `bytes`.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut sent = 0;
        loop {
            let result = self.with_stack(|stack| stack.write_vectored(&[IoSlice::new(&bytes[sent..])]));
            match result {
                Ok(count) => sent += count,
                Err(error) if is_nothing(&error) => {}
                Err(error) => return Err(error),
            }
            if sent == bytes.len() {
                return Ok(());
            }
            self.socket.writable().await?;
        }
    }

    /// Sends what the system takes of `bytes` at once, for a peer that will not be listened to any more.
    pub fn send_last(&mut self, bytes: &[u8]) {
        let _ = self.with_stack(|stack| stack.write_vectored(&[IoSlice::new(bytes)]));
    }

    /// Appends what comes next; gives how many bytes, 0 at the end.
    pub async fn receive(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        if !self.early.is_empty() {
            let early = mem::take(&mut self.early);
            into.extend_from_slice(&early);
            return Ok(early.len());
        }
        let before = into.len();
        loop {
            let result = self.with_stack(|stack| {
                into.resize(before + stack.least_room() + PIECE, 0);
                stack.read(&mut into[before..])
            });
            into.truncate(before + *result.as_ref().unwrap_or(&0));
            match result {
                Err(error) if is_nothing(&error) => {
                    // TLS stops at times although the socket has more, which is readable at once then: a peer that sends
                    // without end what has no data must not keep the dial's deadline, and the other dials, from their turn.
                    if !self.layers.is_empty() {
                        yield_now().await;
                    }
                    self.socket.readable().await?;
                }
                result => return result,
            }
        }
    }

    fn with_stack<R>(&mut self, act: impl FnOnce(&mut Stack<'_, Raw<'_>>) -> R) -> R {
        let mut raw = Raw { socket: &self.socket, drained: true };
        act(&mut Stack::new(&mut raw, &mut self.layers))
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// tokio's socket as a stream that never waits.
struct Raw<'a> {
    socket: &'a TcpStream,
    drained: bool,
}

impl Stream for Raw<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.drained = true;
        let count = self.socket.try_read(into)?;
        self.drained = count < into.len();
        Ok(count)
    }

    fn is_drained(&self) -> bool {
        self.drained
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.socket.try_write_vectored(parts)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn reset(&mut self) {}
}
