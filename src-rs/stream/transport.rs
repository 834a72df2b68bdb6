//! What a connection's bytes go over at the moment: the socket, with the layers of TLS that proxies and the target want. Knows
//! which, and nothing of how each works.

use std::io::{self, IoSlice};

use super::{Socket, Stack, Stream, stack::least_room, tls::Tls};

/// A connection's stream, which may get another layer in place.
#[derive(Debug)]
pub struct Transport {
    socket: Socket,
    layers: Vec<Tls>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The target's bytes are plain, whatever proxies have around them.
    Plain,
    /// A TLS handshake has the connection: the layers, and the socket by a descriptor of its own. One that failed has it for
    /// good: what the peer would make of further bytes nobody knows.
    Suspended,
    /// The last layer is the target's.
    Secured,
}

impl From<Socket> for Transport {
    fn from(socket: Socket) -> Transport {
        Transport { socket, layers: Vec::new(), state: State::Plain }
    }
}

impl Transport {
    /// Over `socket` by `layers`, the lowest first. `secured`: the last one's other end is the target.
    pub fn new(socket: Socket, layers: Vec<Tls>, secured: bool) -> Transport {
        Transport { socket, layers, state: if secured { State::Secured } else { State::Plain } }
    }

    /// The socket underneath.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// There is no TLS with the target, nor was one begun.
    pub fn is_plain(&self) -> bool {
        self.state == State::Plain
    }

    /// Leaves the connection to a handshake, which gets the layers that there are.
    pub fn suspend(&mut self) -> Vec<Tls> {
        self.state = State::Suspended;
        std::mem::take(&mut self.layers)
    }

    /// The handshake is done: goes on over `layers`, of which the last is the target's.
    pub fn secure(&mut self, layers: Vec<Tls>) {
        (self.layers, self.state) = (layers, State::Secured);
    }

    fn stack(&mut self) -> io::Result<Stack<'_, Socket>> {
        match self.state {
            State::Suspended => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(Stack::new(&mut self.socket, &mut self.layers)),
        }
    }
}

impl Stream for Transport {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stack()?.read(into)
    }

    fn least_room(&self) -> usize {
        least_room(&self.layers, self.socket.least_room())
    }

    fn is_drained(&self) -> bool {
        self.layers.last().map_or_else(|| self.socket.is_drained(), Tls::is_drained)
    }

    fn is_over(&self) -> bool {
        self.layers.iter().any(Tls::is_over)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stack()?.write_vectored(parts)
    }

    fn begun(&self) -> usize {
        self.layers.last().map_or(0, Tls::begun)
    }

    fn disown(&mut self, count: usize) {
        if let Some(tls) = self.layers.last_mut() {
            tls.disown(count);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stack()?.flush()
    }

    fn wants_flush(&self) -> bool {
        self.layers.iter().any(Tls::wants_flush)
    }

    fn is_suspended(&self) -> bool {
        self.state == State::Suspended
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        match self.state {
            State::Suspended => self.socket.shutdown_write(),
            _ => self.stack()?.shutdown_write(),
        }
    }

    fn reset(&mut self) {
        self.socket.reset();
    }
}
