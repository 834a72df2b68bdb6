//! What went wrong, as plain data that can cross threads and languages; knows no I/O and no Node-API.

use std::{io, net::SocketAddr};

/// The part of a connection's life in which something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Turning a name into addresses.
    Lookup,
    /// The TCP handshake, socket options and local bind included.
    Connect,
    /// A wait for bytes.
    Read,
    /// Handing bytes to the system.
    Write,
}

impl Phase {
    /// The name that JavaScript sees.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Lookup => "lookup",
            Phase::Connect => "connect",
            Phase::Read => "read",
            Phase::Write => "write",
        }
    }
}

/// One address that was dialled and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The address that was tried.
    pub address: SocketAddr,
    /// Node's code for the failure (`ECONNREFUSED`, …); `None` for the attempt that won.
    pub code: Option<String>,
    /// Milliseconds from the start of this attempt to its end.
    pub millis: f64,
}

/// An error on its way to JavaScript, where it becomes a `TcpError`.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Node's code for a system error, or one of `ERR_*`.
    pub code: String,
    /// A sentence for a person, without secrets.
    pub message: String,
    /// When it happened.
    pub phase: Phase,
    /// The system call, where one failed (`connect`, `read`, …).
    pub syscall: Option<&'static str>,
    /// The system's error number, where there is one.
    pub errno: Option<i32>,
    /// Every address that was dialled, in order of their starts.
    pub attempts: Vec<Attempt>,
}

impl Failure {
    /// A failure that is not a system error.
    pub fn new(code: &str, phase: Phase, message: impl Into<String>) -> Failure {
        Failure { code: code.into(), message: message.into(), phase, syscall: None, errno: None, attempts: Vec::new() }
    }

    /// A system error under Node's code for it.
    pub fn system(error: &io::Error, phase: Phase, syscall: &'static str) -> Failure {
        let code = system_code(error);
        Failure {
            message: format!("{syscall} {code}"),
            code,
            phase,
            syscall: Some(syscall),
            errno: error.raw_os_error(),
            attempts: Vec::new(),
        }
    }
}

/// Node's name for a system error: libuv's table, which is POSIX's names on every platform.
pub fn system_code(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    let name = match error.kind() {
        Kind::AddrInUse => "EADDRINUSE",
        Kind::AddrNotAvailable => "EADDRNOTAVAIL",
        Kind::BrokenPipe => "EPIPE",
        Kind::ConnectionAborted => "ECONNABORTED",
        Kind::ConnectionRefused => "ECONNREFUSED",
        Kind::ConnectionReset => "ECONNRESET",
        Kind::HostUnreachable => "EHOSTUNREACH",
        Kind::InvalidInput => "EINVAL",
        Kind::NetworkDown => "ENETDOWN",
        Kind::NetworkUnreachable => "ENETUNREACH",
        Kind::NotConnected => "ENOTCONN",
        Kind::OutOfMemory => "ENOMEM",
        Kind::PermissionDenied => "EACCES",
        Kind::TimedOut => "ETIMEDOUT",
        Kind::Unsupported => "ENOTSUP",
        _ => return unnamed_code(error),
    };
    name.into()
}

#[cfg(unix)]
fn unnamed_code(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(24) => "EMFILE".into(),
        Some(23) => "ENFILE".into(),
        Some(97) => "EAFNOSUPPORT".into(),
        Some(105) => "ENOBUFS".into(),
        Some(71) => "EPROTO".into(),
        Some(1) => "EPERM".into(),
        Some(number) => format!("ERRNO_{number}"),
        None => "EIO".into(),
    }
}

#[cfg(windows)]
fn unnamed_code(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(10024) => "EMFILE".into(),
        Some(10047) => "EAFNOSUPPORT".into(),
        Some(10055) => "ENOBUFS".into(),
        Some(number) => format!("ERRNO_{number}"),
        None => "EIO".into(),
    }
}
