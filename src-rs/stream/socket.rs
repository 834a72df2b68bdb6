//! Plain TCP over the system's socket; knows how to move bytes, not when the socket is ready.

use std::{
    ffi::c_int,
    io::{self, IoSlice, Read as _},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use super::Stream;

/// The system's name for a socket, as an event loop wants it.
#[cfg(unix)]
pub type RawSocketHandle = std::os::fd::RawFd;
/// The system's name for a socket, as an event loop wants it.
#[cfg(windows)]
pub type RawSocketHandle = std::os::windows::io::RawSocket;

/// The most parts that one system call takes: Linux's UIO_MAXIOV (`sendmsg` fails with EMSGSIZE beyond it).
const MAX_PARTS: usize = 1024;

/// Linux's MSG_NOSIGNAL: a write to a closed connection is EPIPE and never the signal SIGPIPE, whatever the host
/// process does with signals.
#[cfg(target_os = "linux")]
const SEND_FLAGS: c_int = 0x4000;
/// Elsewhere there is no such signal (Windows), or the socket is made without it (SO_NOSIGPIPE).
#[cfg(not(target_os = "linux"))]
const SEND_FLAGS: c_int = 0;

/// A connected, non-blocking TCP socket; dropping it closes it.
#[derive(Debug)]
pub struct Socket {
    inner: socket2::Socket,
    /// The peer has reset the connection, and the system has told so already: it will not again.
    was_reset: bool,
    drained: bool,
}

impl TryFrom<TcpStream> for Socket {
    type Error = io::Error;

    /// Takes a connected socket over and makes it non-blocking.
    fn try_from(connected: TcpStream) -> io::Result<Socket> {
        connected.set_nonblocking(true)?;
        Ok(Socket { inner: connected.into(), was_reset: false, drained: true })
    }
}

impl Socket {
    /// The connection was reset before anyone could read from it. What came before that can be read; then the reset is
    /// told, as if it came now.
    pub fn after_reset(self) -> Socket {
        Socket { was_reset: true, ..self }
    }

    /// The handle to watch; it is this value's own and dies with it.
    #[cfg(unix)]
    pub fn raw(&self) -> RawSocketHandle {
        std::os::fd::AsRawFd::as_raw_fd(&self.inner)
    }

    /// The handle to watch; it is this value's own and dies with it.
    #[cfg(windows)]
    pub fn raw(&self) -> RawSocketHandle {
        std::os::windows::io::AsRawSocket::as_raw_socket(&self.inner)
    }

    /// The socket for another's use. Fails where the peer has reset the connection already, which the system would not
    /// tell again.
    pub fn into_std(self) -> io::Result<TcpStream> {
        if self.was_reset { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(self.inner.into()) }
    }

    /// A second, non-blocking descriptor of the same connection, which lives until both are closed.
    pub fn duplicate(&self) -> io::Result<TcpStream> {
        let duplicate = self.inner.try_clone()?;
        // Windows does not say that a duplicate is what its original was set to.
        duplicate.set_nonblocking(true)?;
        Ok(duplicate.into())
    }

    /// This end's address.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        internet(self.inner.local_addr()?)
    }

    /// The far end's address; fails with `NotConnected` once the peer has reset the connection.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        internet(self.inner.peer_addr()?)
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for Socket {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.inner.as_socket()
    }
}

impl Stream for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.drained = true;
        match self.inner.read(into)? {
            0 if self.was_reset => Err(io::ErrorKind::ConnectionReset.into()),
            count => {
                self.drained = count < into.len();
                Ok(count)
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.drained
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match parts {
            [only] => self.inner.send_with_flags(only, SEND_FLAGS),
            _ => self.inner.send_vectored_with_flags(&parts[..parts.len().min(MAX_PARTS)], SEND_FLAGS),
        }
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.inner.shutdown(Shutdown::Write)
    }

    fn reset(&mut self) {
        // It fails only where the peer's reset has come first, and then there is nothing left to send.
        let _ = self.inner.set_linger(Some(Duration::ZERO));
    }
}

fn internet(address: socket2::SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
