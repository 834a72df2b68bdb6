//! Whole dials over loopback: what they give, how they fail, and that giving up leaves nothing behind.

use std::{
    io::Write as _,
    net::{IpAddr, SocketAddr, TcpListener},
    sync::mpsc,
    time::Duration,
};

use super::*;
use crate::{failure::Outcome, stream::Stream as _};

/// Far beyond what any of this takes; only there so that a hang ends.
const GUARD: Duration = Duration::from_secs(60);

fn plan(host: &str, port: u16) -> Plan {
    Plan {
        to: Endpoint { host: address::host(host).unwrap(), port, addresses: None },
        hops: Vec::new(),
        family: Family::Any,
        local_address: None,
        local_port: 0,
        attempt_delay: Duration::from_millis(250),
        timeout: Some(GUARD),
        socket: SocketOptions {
            no_delay: true,
            keep_alive: false,
            keep_alive_initial_delay: Duration::ZERO,
            user_timeout: None,
        },
        tls: None,
    }
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port that refuses in both families: bound, so that nobody else gets it, but not listened to.
struct Closed(socket2::Socket);

impl Closed {
    fn new() -> Closed {
        let socket = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::STREAM, None).unwrap();
        socket.set_only_v6(false).unwrap();
        socket.bind(&SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, 0)).into()).unwrap();
        Closed(socket)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().as_socket().unwrap().port()
    }
}

/// An address that lets no connection come about and refuses none: its queue of connections to accept is full (Linux
/// drops the SYN then). The value keeps it so.
#[cfg(target_os = "linux")]
struct Silent {
    address: SocketAddr,
    _listener: socket2::Socket,
    _queued: Vec<socket2::Socket>,
}

#[cfg(target_os = "linux")]
impl Silent {
    fn new(ip: &str) -> Silent {
        let tcp = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let listener = tcp();
        listener.bind(&SocketAddr::new(ip.parse().unwrap(), 0).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let queued = (0..4)
            .map(|_| {
                let socket = tcp();
                socket.set_nonblocking(true).unwrap();
                let _ = socket.connect(&address);
                socket
            })
            .collect();
        Silent { address: address.as_socket().unwrap(), _listener: listener, _queued: queued }
    }
}

/// A silent address, and one with the same port that accepts.
#[cfg(target_os = "linux")]
fn silent_and_good() -> (Silent, TcpListener) {
    loop {
        let silent = Silent::new("127.0.0.9");
        // The port may be another test's at the second address.
        if let Ok(good) = TcpListener::bind(("127.0.0.1", silent.address.port())) {
            return (silent, good);
        }
    }
}

#[tokio::test]
async fn an_address_is_dialled() {
    let (listener, port) = listener();
    let mut dialled = dial(plan("127.0.0.1", port)).await.unwrap();
    let (mut far, from) = listener.accept().unwrap();
    assert_eq!((dialled.peer, dialled.local), (listener.local_addr().unwrap(), from));
    let socket = dialled.stream.socket();
    assert_eq!((socket.peer_addr().unwrap(), socket.local_addr().unwrap()), (dialled.peer, from));
    assert_eq!(dialled.timings.lookup, None);
    assert!(dialled.timings.connect > 0.0 && dialled.early.is_empty());
    assert_eq!(dialled.attempts.len(), 1);
    assert_eq!((dialled.attempts[0].address, &dialled.attempts[0].outcome), (dialled.peer, &Outcome::Won));

    assert_eq!(dialled.stream.read(&mut [0; 8]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    far.write_all(b"hello").unwrap();
    drop(far);
    let mut got = Vec::new();
    loop {
        let mut chunk = [0; 8];
        match dialled.stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => got.extend_from_slice(&chunk[..count]),
            Err(_) => std::thread::yield_now(),
        }
    }
    assert_eq!(got, b"hello");
}

#[tokio::test]
async fn a_name_is_looked_up_and_all_its_addresses_tried() {
    let listener = TcpListener::bind("[::1]:0").unwrap();
    let dialled = dial(plan("localhost", listener.local_addr().unwrap().port())).await.unwrap();
    assert_eq!(dialled.peer, listener.local_addr().unwrap());
    assert!(dialled.timings.lookup.is_some());
    let attempts: Vec<_> =
        dialled.attempts.iter().map(|attempt| (attempt.address.ip(), attempt.code())).collect();
    let (v4, v6): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "::1".parse().unwrap());
    assert_eq!(attempts, [(v4, Some("ECONNREFUSED")), (v6, None)]);
}

#[tokio::test]
async fn one_address_that_refuses_gives_nodes_message() {
    let closed = Closed::new();
    let port = closed.port();
    let failure = dial(plan("127.0.0.1", port)).await.unwrap_err();
    assert_eq!(failure.message, format!("connect ECONNREFUSED 127.0.0.1:{port}"));
    assert_eq!(
        (&*failure.code, failure.phase, failure.syscall),
        ("ECONNREFUSED", Phase::Connect, Some("connect"))
    );
    assert_eq!(failure.address.as_deref(), Some(&SocketAddr::from(([127, 0, 0, 1], port))));
    assert_eq!(failure.attempts.len(), 1);
    assert_eq!(failure.attempts[0].code(), Some("ECONNREFUSED"));
}

#[tokio::test]
async fn several_addresses_that_refuse_are_all_listed() {
    let closed = Closed::new();
    let port = closed.port();
    let failure = dial(plan("localhost", port)).await.unwrap_err();
    assert_eq!((&*failure.code, failure.address), ("ECONNREFUSED", None));
    let start = format!(
        "connect ECONNREFUSED localhost:{port}: all 2 addresses failed: 127.0.0.1:{port} ECONNREFUSED after "
    );
    assert!(failure.message.starts_with(&start), "{}", failure.message);
    assert!(failure.message.contains(&format!(", [::1]:{port} ECONNREFUSED after ")), "{}", failure.message);
    assert_eq!(failure.attempts.len(), 2);
}

#[tokio::test]
async fn a_long_list_of_failures_makes_no_long_message() {
    let closed = Closed::new();
    let mut plan = plan("many.example", closed.port());
    plan.to.addresses = Some((1..=200).map(|last| IpAddr::from([127, 0, 1, last])).collect());
    let failure = dial(plan).await.unwrap_err();
    assert_eq!(failure.attempts.len(), 200);
    assert!(failure.message.ends_with(", and 192 more"), "{}", failure.message);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_silent_address_does_not_hold_up_the_next() {
    let (silent, good) = silent_and_good();
    let mut plan = plan("two.example", silent.address.port());
    plan.to.addresses = Some(vec![silent.address.ip(), "127.0.0.1".parse().unwrap()]);
    plan.attempt_delay = Duration::from_millis(10);
    let dialled = dial(plan).await.unwrap();
    assert_eq!(dialled.peer, good.local_addr().unwrap());
    assert_eq!(dialled.attempts[0].outcome, Outcome::Unfinished);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_deadline_says_what_was_going_on() {
    let silent = Silent::new("127.0.0.1");
    let mut plan = plan("slow.example", silent.address.port());
    plan.to.addresses = Some(vec!["127.0.0.8".parse().unwrap(), silent.address.ip()]);
    plan.timeout = Some(Duration::from_millis(50));
    let failure = dial(plan).await.unwrap_err();
    assert_eq!((&*failure.code, failure.phase), ("ETIMEDOUT", Phase::Connect));
    assert_eq!(failure.syscall, None);
    let port = silent.address.port();
    let start = format!(
        "connection to slow.example:{port} timed out after 50 ms while connecting: 127.0.0.8:{port} ECONNREFUSED after "
    );
    assert!(failure.message.starts_with(&start), "{}", failure.message);
    assert!(failure.message.contains(&format!("127.0.0.1:{port} unfinished after ")), "{}", failure.message);
    assert_eq!(failure.attempts[1].outcome, Outcome::Unfinished);
}

#[tokio::test]
async fn any_timeout_is_taken() {
    let (_listener, port) = listener();
    for timeout in [None, Some(Duration::MAX), Some(Duration::from_secs(u32::MAX.into()))] {
        let plan = Plan { timeout, ..plan("127.0.0.1", port) };
        assert!(dial(plan).await.is_ok(), "{timeout:?}");
    }
}

/// Counts are of the whole process, so these tests take turns and count only sockets to their own listener.
#[cfg(target_os = "linux")]
fn turn() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// How many sockets of this process are connected or connecting to a port.
#[cfg(target_os = "linux")]
fn sockets_to(port: u16) -> usize {
    let far = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let inodes: std::collections::HashSet<String> = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[2].ends_with(&far))
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .filter(|link| link.to_str().is_some_and(|link| inodes.contains(link)))
        .count()
}

/// Waits until the system shows what is expected; a hang ends in a failure.
#[cfg(target_os = "linux")]
fn until(what: &str, holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < GUARD, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_started_dial_reports_once() {
    let (_listener, port) = listener();
    let (tell, told) = mpsc::channel();
    let dialling = start(dial(plan("127.0.0.1", port)), move |result| tell.send(result).unwrap());
    assert_eq!(told.recv_timeout(GUARD).unwrap().unwrap().peer.port(), port);
    drop(dialling);
    assert_eq!(told.recv_timeout(GUARD).unwrap_err(), mpsc::RecvTimeoutError::Disconnected);
}

#[cfg(target_os = "linux")]
#[test]
fn abandoning_closes_every_socket_and_reports_nothing() {
    let _turn = turn();
    let silent = Silent::new("127.0.0.1");
    let queued = sockets_to(silent.address.port());
    let (tell, told) = mpsc::channel();
    let diallings: Vec<_> = (0..100)
        .map(|_| {
            let tell = tell.clone();
            let plan = plan("127.0.0.1", silent.address.port());
            start(dial(plan), move |result| tell.send(result.map(|_| ())).unwrap())
        })
        .collect();
    drop(tell);
    until("100 more sockets connect", || sockets_to(silent.address.port()) == queued + 100);
    drop(diallings);
    until("the sockets are closed", || sockets_to(silent.address.port()) == queued);
    assert!(matches!(told.recv_timeout(GUARD), Err(mpsc::RecvTimeoutError::Disconnected)));
}

#[cfg(target_os = "linux")]
#[test]
fn losers_of_a_race_are_closed() {
    let _turn = turn();
    let (silent, _good) = silent_and_good();
    let port = silent.address.port();
    let queued = sockets_to(port);
    let (tell, told) = mpsc::channel();
    let mut plan = plan("two.example", port);
    plan.to.addresses = Some(vec![silent.address.ip(), "127.0.0.1".parse().unwrap()]);
    plan.attempt_delay = Duration::from_millis(1);
    let _dialling = start(dial(plan), move |result| tell.send(result).unwrap());
    let dialled = told.recv_timeout(GUARD).unwrap().unwrap();
    assert_eq!(sockets_to(port), queued + 1);
    drop(dialled);
    assert_eq!(sockets_to(port), queued);
}

#[test]
fn a_panic_in_a_dial_is_still_reported() {
    let (tell, told) = mpsc::channel();
    let dialling = task::start(
        async { std::panic::resume_unwind(Box::new("a fault")) },
        move |result: Result<Dialled, Failure>| {
            tell.send(result).unwrap();
        },
    );
    assert_eq!(told.recv_timeout(GUARD).unwrap().unwrap_err().code, "ERR_INTERNAL");
    drop(dialling);
}
