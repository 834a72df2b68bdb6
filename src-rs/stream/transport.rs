//! What a connection's bytes go over at the moment: plain TCP, TLS, or nothing while the one becomes the other. Knows which,
//! and nothing of how each works.

use std::io::{self, IoSlice};

use super::{Socket, Stream, tls::Tls};

/// A connection's stream, which may be upgraded in place.
#[derive(Debug)]
pub struct Transport {
    socket: Socket,
    layer: Layer,
}

#[derive(Debug)]
enum Layer {
    None,
    /// A TLS handshake has the connection, by a descriptor of its own. One that failed has it for good: what the peer
    /// would make of further bytes nobody knows.
    Suspended,
    Tls(Box<Tls>),
}

impl From<Socket> for Transport {
    fn from(socket: Socket) -> Transport {
        Transport { socket, layer: Layer::None }
    }
}

impl Transport {
    /// TLS, its handshake done, over `socket`.
    pub fn secured(socket: Socket, tls: Box<Tls>) -> Transport {
        Transport { socket, layer: Layer::Tls(tls) }
    }

    /// The socket underneath.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Nothing stands between the bytes and the socket.
    pub fn is_plain(&self) -> bool {
        matches!(self.layer, Layer::None)
    }

    /// Leaves the connection to a handshake.
    pub fn suspend(&mut self) {
        self.layer = Layer::Suspended;
    }

    /// The handshake is done: goes on over TLS.
    pub fn secure(&mut self, tls: Box<Tls>) {
        self.layer = Layer::Tls(tls);
    }
}

impl Stream for Transport {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.layer {
            Layer::None => self.socket.read(into),
            Layer::Suspended => Err(io::ErrorKind::WouldBlock.into()),
            Layer::Tls(tls) => tls.read(&mut self.socket, into),
        }
    }

    fn least_room(&self) -> usize {
        match &self.layer {
            Layer::Tls(tls) => tls.least_room(),
            _ => 1,
        }
    }

    fn is_drained(&self) -> bool {
        match &self.layer {
            Layer::Tls(tls) => tls.is_drained(),
            _ => self.socket.is_drained(),
        }
    }

    fn is_over(&self) -> bool {
        matches!(&self.layer, Layer::Tls(tls) if tls.is_over())
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.layer {
            Layer::None => self.socket.write_vectored(parts),
            Layer::Suspended => Err(io::ErrorKind::WouldBlock.into()),
            Layer::Tls(tls) => tls.write_vectored(&mut self.socket, parts),
        }
    }

    fn begun(&self) -> usize {
        match &self.layer {
            Layer::Tls(tls) => tls.begun(),
            _ => 0,
        }
    }

    fn disown(&mut self, count: usize) {
        if let Layer::Tls(tls) = &mut self.layer {
            tls.disown(count);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Tls(tls) => tls.flush(&mut self.socket),
            _ => Ok(()),
        }
    }

    fn wants_flush(&self) -> bool {
        matches!(&self.layer, Layer::Tls(tls) if tls.wants_flush())
    }

    fn is_suspended(&self) -> bool {
        matches!(self.layer, Layer::Suspended)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Tls(tls) => tls.shutdown_write(&mut self.socket),
            _ => self.socket.shutdown_write(),
        }
    }

    fn reset(&mut self) {
        self.socket.reset();
    }
}
