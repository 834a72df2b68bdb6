//! What carries a connection's bytes: the socket as it is, or TLS over it. Knows nothing of roles or of polling.

use mio::net::TcpStream;
use rustls::{ServerConfig, ServerConnection};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

/// Bytes sealed at once: 64 records, which is what rustls hands to one system call.
const BATCH: usize = 1 << 20;

/// A non-blocking socket, plain or under TLS.
pub enum Channel {
    /// The socket as it is.
    Plain(TcpStream),
    /// TLS over it.
    Tls(Box<Tls>),
}

/// The server's side of TLS over a socket.
pub struct Tls {
    /// The socket, non-blocking.
    pub socket: TcpStream,
    /// The keys, and the records on their way in and out.
    pub session: ServerConnection,
    ending: Ending,
}

/// How far the end of what is sent has come.
#[derive(PartialEq, Eq)]
enum Ending {
    Open,
    /// The close_notify is among what is to be flushed.
    Said,
    Shut,
}

impl Channel {
    /// TLS over the socket if there are settings for it, the handshake still to come.
    pub fn new(socket: TcpStream, settings: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let Some(settings) = settings else { return Ok(Self::Plain(socket)) };
        let mut session = ServerConnection::new(settings).map_err(io::Error::other)?;
        session.set_buffer_limit(Some(BATCH));
        Ok(Self::Tls(Box::new(Tls { socket, session, ending: Ending::Open })))
    }

    /// The socket, to be registered elsewhere.
    pub fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &mut tls.socket,
        }
    }

    /// One read; 0 at the end.
    pub fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(room),
            Self::Tls(tls) => tls.read(room),
        }
    }

    /// Whether a read of `count` bytes into `room` has shown that the socket is empty. Of records only a read that
    /// would block shows it.
    pub fn emptied(&self, count: usize, room: usize) -> bool {
        matches!(self, Self::Plain(_)) && count < room
    }

    /// One write; 0 if the socket is full.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => write(socket, bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    /// Sends what earlier writes have left; `false` if the socket is full.
    pub fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Puts into `sealed` what a write would send, for [`Channel::write_sealed`]. All of it has to go before the next
    /// write or end, as records are numbered.
    pub fn seal(&mut self, mut bytes: &[u8], sealed: &mut Vec<u8>) -> io::Result<()> {
        let Self::Tls(tls) = self else {
            sealed.extend_from_slice(bytes);
            return Ok(());
        };
        while !bytes.is_empty() {
            let count = tls.session.writer().write(bytes)?;
            bytes = &bytes[count..];
            while tls.session.wants_write() {
                tls.session.write_tls(sealed)?;
            }
        }
        Ok(())
    }

    /// One write of what was sealed; 0 if the socket is full.
    pub fn write_sealed(&mut self, sealed: &[u8]) -> io::Result<usize> {
        write(self.socket(), sealed)
    }

    /// Says that nothing more comes; `true` once the socket may be closed. Under TLS a peer answers by its own
    /// close_notify, and a socket that is closed before has that peer reset.
    pub fn end(&mut self, scratch: &mut [u8]) -> io::Result<bool> {
        let Self::Tls(tls) = self else { return Ok(true) };
        if tls.ending == Ending::Open {
            tls.session.send_close_notify();
            tls.ending = Ending::Said;
        }
        if !tls.flush()? {
            return Ok(false);
        }
        if tls.ending == Ending::Said {
            // Once, as each time is an event of its own; a peer that has gone already shows itself in the reads.
            let _ = tls.socket.shutdown(Shutdown::Write);
            tls.ending = Ending::Shut;
        }
        loop {
            match tls.socket.read(scratch) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Tls {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return other,
            }
            self.session.read_tls(&mut self.socket)?;
            let state = self.session.process_new_packets();
            // The handshake's next flight, or the alert that says what was wrong.
            self.flush()?;
            state.map_err(io::Error::other)?;
        }
    }

    /// Seals only when nothing sealed waits: so little is ever kept.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.flush()? {
            return Ok(0);
        }
        let count = self.session.writer().write(bytes)?;
        self.flush()?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<bool> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => drop(other?),
            }
        }
        Ok(true)
    }
}

/// One write; 0 if the socket is full.
fn write(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match socket.write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
