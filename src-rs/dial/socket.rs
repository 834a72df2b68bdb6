//! One TCP connection attempt: options, local bind, connect; knows nothing of other addresses or of time.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use socket2::{Domain, Protocol, TcpKeepalive, Type};

use super::race::{Connector, Refusal};
use crate::{
    failure::{Failure, Phase, system_name},
    stream::Socket,
};

/// Options of the socket, set before it connects.
#[derive(Clone, Debug)]
pub struct SocketOptions {
    /// TCP_NODELAY: small writes leave at once (Nagle's algorithm off).
    pub no_delay: bool,
    /// SO_KEEPALIVE: the system probes an idle connection.
    pub keep_alive: bool,
    /// Idle time before the first probe, in whole seconds, rounded up; the probes then follow Node's pattern, ten of
    /// them a second apart. 0 leaves the system's times.
    pub keep_alive_initial_delay: Duration,
    /// How long sent data may stay unacknowledged before the system gives the connection up (TCP_USER_TIMEOUT, RFC
    /// 5482), in ms. `None` or 0 leaves the system's time. Linux only: elsewhere a dial with it fails with `ENOTSUP`.
    pub user_timeout: Option<Duration>,
}

impl SocketOptions {
    /// Refuses what this system cannot do, before any I/O.
    pub fn check(&self) -> Result<(), Failure> {
        if self.user_timeout.is_some_and(|timeout| !timeout.is_zero()) && !cfg!(target_os = "linux") {
            let message = "setsockopt ENOTSUP: userTimeout needs Linux's TCP_USER_TIMEOUT";
            return Err(Failure {
                syscall: Some("setsockopt"),
                ..Failure::new("ENOTSUP", Phase::Connect, message)
            });
        }
        Ok(())
    }

    fn set_on(&self, socket: &socket2::Socket) -> io::Result<()> {
        if self.no_delay {
            socket.set_tcp_nodelay(true)?;
        }
        if self.keep_alive {
            socket.set_keepalive(true)?;
            if !self.keep_alive_initial_delay.is_zero() {
                let seconds = self.keep_alive_initial_delay.as_nanos().div_ceil(1_000_000_000);
                // 32,767 s is the most that Linux takes (MAX_TCP_KEEPIDLE).
                let idle = Duration::from_secs(seconds.min(32_767) as u64);
                let pattern = TcpKeepalive::new().with_time(idle);
                socket.set_tcp_keepalive(&pattern.with_interval(Duration::from_secs(1)).with_retries(10))?;
            }
        }
        #[cfg(target_os = "linux")]
        if let Some(timeout) = self.user_timeout {
            // The kernel takes an int and refuses a negative one.
            // The system counts whole milliseconds, and takes 0 for its own choice.
            let millis = timeout.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128);
            socket.set_tcp_user_timeout(Some(Duration::from_millis(millis as u64)))?;
        }
        Ok(())
    }
}

/// Connects plain TCP sockets.
pub struct TcpConnector {
    /// The options every socket gets.
    pub options: SocketOptions,
    /// The address to connect from; `None` leaves it to the system.
    pub local_address: Option<IpAddr>,
    /// The port to connect from; 0 leaves it to the system.
    pub local_port: u16,
}

impl Connector for TcpConnector {
    type Stream = Socket;

    /// The socket comes back registered with no event loop, non-blocking and not inheritable.
    async fn connect(&self, address: SocketAddr) -> Result<Socket, Refusal> {
        let refusal = |syscall| move |error| Refusal { syscall, address, error };
        let socket = open(address).map_err(refusal("socket"))?;
        self.options.set_on(&socket).map_err(refusal("setsockopt"))?;
        if let Some(local) = self.local(address) {
            // No SO_REUSEADDR: a client's port that is taken must be refused.
            socket
                .bind(&local.into())
                .map_err(|error| Refusal { address: local, ..refusal("bind")(error) })?;
        }
        connect(socket, address).await.map_err(refusal("connect"))
    }
}

impl TcpConnector {
    fn local(&self, far: SocketAddr) -> Option<SocketAddr> {
        let any = || if far.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        match (self.local_address, self.local_port) {
            (None, 0) => None,
            (None, port) => Some(SocketAddr::new(any(), port)),
            (Some(ip), port) => Some(SocketAddr::new(ip, port)),
        }
    }
}

fn open(address: SocketAddr) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

async fn connect(socket: socket2::Socket, address: SocketAddr) -> io::Result<Socket> {
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => return Err(error),
        _ => {}
    }
    // On one machine the handshake is over by now, and the round through tokio's poller is saved. Unix only: Winsock does
    // not say what a name asked for in mid-connect gives.
    if cfg!(unix) && socket.peer_addr().is_ok() {
        return Socket::try_from(refuse_self(socket.into(), address)?);
    }
    let waiting = tokio::net::TcpStream::from_std(socket.into())?;
    waiting.writable().await?;
    match waiting.take_error()? {
        // A refusal has another name: this connection was made, and its peer has reset it since.
        Some(error) if error.kind() == io::ErrorKind::ConnectionReset => {
            Ok(Socket::try_from(waiting.into_std()?)?.after_reset())
        }
        Some(error) => Err(error),
        None => Socket::try_from(refuse_self(waiting.into_std()?, address)?),
    }
}

/// An interrupted connect goes on in the background too (POSIX connect).
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || matches!(system_name(error), Some("EINPROGRESS" | "EINTR"))
}

/// On one machine a socket whose own port the system happens to choose equal to the far one connects to itself (RFC 9293
/// section 3.5, simultaneous open). Nobody listens there, so this is a refusal; Go's net does the same.
fn refuse_self(connected: TcpStream, far: SocketAddr) -> io::Result<TcpStream> {
    let near = connected.local_addr()?;
    if (near.ip(), near.port()) == (far.ip(), far.port()) {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(connected)
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
