//! What went wrong, as plain data that can cross threads and languages; knows no I/O and no Node-API.

use std::{fmt, io, net::SocketAddr, sync::Arc};

/// The part of a connection's life in which something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Turning a name into addresses.
    Lookup,
    /// The TCP handshake, socket options and local bind included.
    Connect,
    /// The way to the target through proxies.
    Proxy,
    /// The TLS handshake.
    Tls,
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
            Phase::Proxy => "proxy",
            Phase::Tls => "tls",
            Phase::Read => "read",
            Phase::Write => "write",
        }
    }
}

/// What became of one dialled address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Refused, unreachable, …: Node's code for it.
    Failed(String),
    /// Given up: another address won the race, or the time was over.
    Unfinished,
    /// This is the address of the connection.
    Won,
}

/// One address that was dialled and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The address that was tried.
    pub address: SocketAddr,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds from the start of this attempt to its end.
    pub millis: f64,
}

impl Attempt {
    /// Node's code, where the attempt failed.
    pub fn code(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Failed(code) => Some(code),
            Outcome::Unfinished | Outcome::Won => None,
        }
    }
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
    /// The system call, where one failed (`connect`, `read`, …). A deadline of ours, which shares `ETIMEDOUT` with
    /// the system's, has none.
    pub syscall: Option<&'static str>,
    /// The address that the failed call was about, where it concerns one alone: the far end, for `bind` this end. Boxed,
    /// so that a `Result` stays small on the way of every read.
    pub address: Option<Box<SocketAddr>>,
    /// Every address that was dialled, in order of their starts.
    pub attempts: Box<[Attempt]>,
    /// The certificate that was refused, in DER.
    pub certificate: Option<Arc<[u8]>>,
    /// The proxy that it happened at, or on the way to.
    pub via: Option<Box<ViaProxy>>,
}

/// A proxy that failed, and what it said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViaProxy {
    /// Without login.
    pub url: String,
    /// Which of several, from 0.
    pub hop: usize,
    /// SOCKS' reply or HTTP's status, where there was one.
    pub reply: Option<u16>,
    /// The proxy says that it was the target that refused, or could not be reached.
    pub by_target: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// A failure that is not a system error.
    pub fn new(code: &str, phase: Phase, message: impl Into<String>) -> Failure {
        Failure {
            code: code.into(),
            message: message.into(),
            phase,
            syscall: None,
            address: None,
            attempts: Box::default(),
            certificate: None,
            via: None,
        }
    }

    /// A system error under Node's code for it: `read ECONNRESET`. What a stream had to say itself stays as it is.
    pub fn system(error: &io::Error, phase: Phase, syscall: &'static str) -> Failure {
        if let Some(failure) = error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>()) {
            return Failure { phase, ..failure.clone() };
        }
        let code = system_code(error);
        let message = format!("{syscall} {code}");
        Failure { syscall: Some(syscall), ..Failure::new(&code, phase, message) }
    }

    /// A system error that concerns one far end: `connect ECONNREFUSED 127.0.0.1:1`.
    pub fn system_at(error: &io::Error, phase: Phase, syscall: &'static str, address: SocketAddr) -> Failure {
        let failure = Failure::system(error, phase, syscall);
        // Node writes an IPv6 address without brackets here; scripts match on it.
        let message = format!("{} {}:{}", failure.message, address.ip(), address.port());
        Failure { message, address: Some(address.into()), ..failure }
    }
}

/// Node's name for a system error: libuv's table, which is POSIX's names on every platform.
pub fn system_code(error: &io::Error) -> String {
    match system_name(error) {
        Some(name) => name.into(),
        None => error.raw_os_error().map_or("EIO".into(), |number| format!("ERRNO_{number}")),
    }
}

/// [`system_code`] without the allocation; `None` for a number that has no name here.
pub fn system_name(error: &io::Error) -> Option<&'static str> {
    let named = |number| NUMBERS.iter().find(|entry| entry.0 == number).map(|entry| entry.1);
    error.raw_os_error().and_then(named).or_else(|| kind_name(error.kind()))
}

/// For errors that carry no number, and for systems whose numbers are not listed.
fn kind_name(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    Some(match kind {
        Kind::AddrInUse => "EADDRINUSE",
        Kind::AddrNotAvailable => "EADDRNOTAVAIL",
        Kind::BrokenPipe => "EPIPE",
        Kind::ConnectionAborted => "ECONNABORTED",
        Kind::ConnectionRefused => "ECONNREFUSED",
        Kind::ConnectionReset => "ECONNRESET",
        Kind::HostUnreachable => "EHOSTUNREACH",
        Kind::Interrupted => "EINTR",
        Kind::InvalidInput => "EINVAL",
        Kind::NetworkDown => "ENETDOWN",
        Kind::NetworkUnreachable => "ENETUNREACH",
        Kind::NotConnected => "ENOTCONN",
        Kind::OutOfMemory => "ENOMEM",
        Kind::PermissionDenied => "EACCES",
        Kind::TimedOut => "ETIMEDOUT",
        Kind::Unsupported => "ENOTSUP",
        Kind::WouldBlock => "EAGAIN",
        _ => return None,
    })
}

/// Linux's numbers (include/uapi/asm-generic/errno*.h, which x86 uses as it stands) for what sockets report.
#[cfg(target_os = "linux")]
const NUMBERS: &[(i32, &str)] = &[
    (1, "EPERM"),
    (2, "ENOENT"),
    (4, "EINTR"),
    (5, "EIO"),
    (6, "ENXIO"),
    (9, "EBADF"),
    (11, "EAGAIN"),
    (12, "ENOMEM"),
    (13, "EACCES"),
    (14, "EFAULT"),
    (16, "EBUSY"),
    (19, "ENODEV"),
    (22, "EINVAL"),
    (23, "ENFILE"),
    (24, "EMFILE"),
    (28, "ENOSPC"),
    (32, "EPIPE"),
    (38, "ENOSYS"),
    (71, "EPROTO"),
    (75, "EOVERFLOW"),
    (88, "ENOTSOCK"),
    (89, "EDESTADDRREQ"),
    (90, "EMSGSIZE"),
    (91, "EPROTOTYPE"),
    (92, "ENOPROTOOPT"),
    (93, "EPROTONOSUPPORT"),
    (94, "ESOCKTNOSUPPORT"),
    (95, "ENOTSUP"),
    (97, "EAFNOSUPPORT"),
    (98, "EADDRINUSE"),
    (99, "EADDRNOTAVAIL"),
    (100, "ENETDOWN"),
    (101, "ENETUNREACH"),
    (103, "ECONNABORTED"),
    (104, "ECONNRESET"),
    (105, "ENOBUFS"),
    (106, "EISCONN"),
    (107, "ENOTCONN"),
    (108, "ESHUTDOWN"),
    (110, "ETIMEDOUT"),
    (111, "ECONNREFUSED"),
    (112, "EHOSTDOWN"),
    (113, "EHOSTUNREACH"),
    (114, "EALREADY"),
    (115, "EINPROGRESS"),
    (125, "ECANCELED"),
];

/// Winsock's numbers, and the Win32 ones that sockets report, under libuv's names (`uv_translate_sys_error`).
#[cfg(windows)]
const NUMBERS: &[(i32, &str)] = &[
    (5, "EPERM"),
    (6, "EBADF"),
    (8, "ENOMEM"),
    (14, "ENOMEM"),
    (64, "ECONNRESET"),
    (87, "EINVAL"),
    (121, "ETIMEDOUT"),
    (995, "ECANCELED"),
    (1225, "ECONNREFUSED"),
    (1231, "ENETUNREACH"),
    (1232, "EHOSTUNREACH"),
    (1236, "ECONNABORTED"),
    (10004, "ECANCELED"),
    (10013, "EACCES"),
    (10014, "EFAULT"),
    (10022, "EINVAL"),
    (10024, "EMFILE"),
    (10035, "EAGAIN"),
    (10036, "EINPROGRESS"),
    (10037, "EALREADY"),
    (10038, "ENOTSOCK"),
    (10039, "EDESTADDRREQ"),
    (10040, "EMSGSIZE"),
    (10041, "EPROTOTYPE"),
    (10042, "ENOPROTOOPT"),
    (10043, "EPROTONOSUPPORT"),
    (10044, "ESOCKTNOSUPPORT"),
    (10045, "ENOTSUP"),
    (10047, "EAFNOSUPPORT"),
    (10048, "EADDRINUSE"),
    (10049, "EADDRNOTAVAIL"),
    (10050, "ENETDOWN"),
    (10051, "ENETUNREACH"),
    (10053, "ECONNABORTED"),
    (10054, "ECONNRESET"),
    (10055, "ENOBUFS"),
    (10056, "EISCONN"),
    (10057, "ENOTCONN"),
    (10058, "EPIPE"),
    (10060, "ETIMEDOUT"),
    (10061, "ECONNREFUSED"),
    (10065, "EHOSTUNREACH"),
];

#[cfg(not(any(target_os = "linux", windows)))]
const NUMBERS: &[(i32, &str)] = &[];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_name() {
        for (index, (number, _)) in NUMBERS.iter().enumerate() {
            assert!(
                NUMBERS[index + 1..].iter().all(|(other, _)| other != number),
                "{number} is listed twice"
            );
        }
    }

    #[test]
    fn names_by_number_and_by_kind_agree() {
        for (number, name) in NUMBERS {
            let kind = io::Error::from_raw_os_error(*number).kind();
            // std keeps two numbers apart that share a kind: EPERM and EACCES, ENOTSUP and ENOSYS, and Windows' aliases.
            if let Some(of_kind) = kind_name(kind).filter(|_| cfg!(target_os = "linux")) {
                let alias = matches!((*name, of_kind), ("EPERM", "EACCES") | ("ENOSYS", "ENOTSUP"));
                assert!(alias || *name == of_kind, "{number}: {name} by number, {of_kind} by kind");
            }
        }
    }

    #[test]
    fn a_message_reads_as_nodes() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let failure = Failure::system_at(&refused, Phase::Connect, "connect", "127.0.0.1:1".parse().unwrap());
        assert_eq!(failure.message, "connect ECONNREFUSED 127.0.0.1:1");
        let failure = Failure::system_at(&refused, Phase::Connect, "connect", "[::1]:1".parse().unwrap());
        assert_eq!(failure.message, "connect ECONNREFUSED ::1:1");
        assert_eq!(Failure::system(&refused, Phase::Read, "read").message, "read ECONNREFUSED");
    }

    #[test]
    fn an_unknown_number_is_still_a_code() {
        assert_eq!(system_code(&io::Error::from_raw_os_error(4095)), "ERRNO_4095");
        assert_eq!(system_code(&io::Error::other("made up")), "EIO");
    }
}
