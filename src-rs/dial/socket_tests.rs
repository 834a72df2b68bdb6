//! Single attempts over loopback: options, local bind and how they fail.

use std::net::TcpListener;

#[cfg(unix)]
use socket2::SockRef;

use super::*;

fn connector() -> TcpConnector {
    let options = SocketOptions {
        no_delay: true,
        keep_alive: false,
        keep_alive_initial_delay: Duration::ZERO,
        user_timeout: None,
    };
    TcpConnector { options, local_address: None, local_port: 0 }
}

/// An address on which nobody listens: its port was free a moment ago.
fn free_address(ip: &str) -> SocketAddr {
    TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap()
}

/// The far end's view of a connection, and ours.
#[cfg(unix)]
async fn connect_to_listener(connector: &TcpConnector) -> (Socket, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = connector.connect(listener.local_addr().unwrap()).await.unwrap();
    (ours, listener.accept().unwrap().0)
}

/// The options as the system has them, by a second handle to the same socket.
#[cfg(unix)]
fn options_of(socket: &Socket) -> SockRef<'_> {
    SockRef::from(socket)
}

#[cfg(unix)]
#[tokio::test]
async fn options_are_set() {
    let mut connector = connector();
    let (plain, _far) = connect_to_listener(&connector).await;
    assert!(options_of(&plain).tcp_nodelay().unwrap());
    assert!(!options_of(&plain).keepalive().unwrap());

    connector.options.no_delay = false;
    connector.options.keep_alive = true;
    let (alive, _far) = connect_to_listener(&connector).await;
    assert!(!options_of(&alive).tcp_nodelay().unwrap());
    assert!(options_of(&alive).keepalive().unwrap());
    let idle_by_default = options_of(&alive).tcp_keepalive_time().unwrap();

    connector.options.keep_alive_initial_delay = Duration::from_millis(2500);
    let (timed, _far) = connect_to_listener(&connector).await;
    assert_ne!(idle_by_default, Duration::from_secs(3));
    assert_eq!(options_of(&timed).tcp_keepalive_time().unwrap(), Duration::from_secs(3));
    assert_eq!(options_of(&timed).tcp_keepalive_interval().unwrap(), Duration::from_secs(1));
    assert_eq!(options_of(&timed).tcp_keepalive_retries().unwrap(), 10);

    connector.options.keep_alive_initial_delay = Duration::MAX;
    connect_to_listener(&connector).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_user_timeout_is_set_however_long() {
    let mut connector = connector();
    for (asked, there) in [
        (Duration::from_millis(1500), Some(Duration::from_millis(1500))),
        (Duration::ZERO, None),
        (Duration::MAX, Some(Duration::from_millis(i32::MAX as u64))),
    ] {
        connector.options.user_timeout = Some(asked);
        let (socket, _far) = connect_to_listener(&connector).await;
        assert_eq!(options_of(&socket).tcp_user_timeout().unwrap(), there);
    }
}

#[cfg(not(target_os = "linux"))]
#[test]
fn the_user_timeout_is_refused_before_any_input_or_output() {
    let mut options = connector().options;
    assert!(options.check().is_ok());
    options.user_timeout = Some(Duration::ZERO);
    assert!(options.check().is_ok());
    options.user_timeout = Some(Duration::from_secs(1));
    assert_eq!(options.check().unwrap_err().code, "ENOTSUP");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_socket_is_non_blocking_and_not_inherited() {
    let (socket, _far) = connect_to_listener(&connector()).await;
    assert!(options_of(&socket).nonblocking().unwrap());
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", socket.raw())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    assert_ne!(u32::from_str_radix(flags.trim(), 8).unwrap() & 0o2_000_000, 0, "O_CLOEXEC in {flags}");
}

#[tokio::test]
async fn a_refusal_names_the_call_and_the_far_end() {
    // Bound, so that nobody else gets the port, but not listened to.
    let closed = open("127.0.0.1:0".parse().unwrap()).unwrap();
    closed.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    let far = closed.local_addr().unwrap().as_socket().unwrap();
    let refusal = connector().connect(far).await.unwrap_err();
    assert_eq!((refusal.syscall, refusal.address), ("connect", far));
    assert_eq!(refusal.error.kind(), io::ErrorKind::ConnectionRefused);
}

/// Connects from a port that was free a moment ago; where another test was faster, from another one.
async fn connect_from(ip: Option<&str>, far: impl Fn(u16) -> SocketAddr) -> (u16, Result<Socket, Refusal>) {
    loop {
        let port = free_address(ip.unwrap_or("0.0.0.0")).port();
        let local_address = ip.map(|ip| ip.parse().unwrap());
        let connector = TcpConnector { local_address, local_port: port, ..connector() };
        match connector.connect(far(port)).await {
            Err(refusal) if refusal.syscall == "bind" => {
                assert_eq!(refusal.error.kind(), io::ErrorKind::AddrInUse)
            }
            result => return (port, result),
        }
    }
}

#[tokio::test]
async fn the_local_address_and_port_are_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, ours) = connect_from(Some("127.0.0.2"), |_| listener.local_addr().unwrap()).await;
    let seen = listener.accept().unwrap().1;
    assert_eq!(seen, SocketAddr::from(([127, 0, 0, 2], port)));
    assert_eq!(ours.unwrap().local_addr().unwrap(), seen);
}

#[tokio::test]
async fn a_local_port_alone_is_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, ours) = connect_from(None, |_| listener.local_addr().unwrap()).await;
    assert!(ours.is_ok());
    assert_eq!(listener.accept().unwrap().1.port(), port);
}

#[tokio::test]
async fn a_local_port_that_is_taken_is_refused_under_its_own_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = taken.local_addr().unwrap();
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let connector = TcpConnector { local_address: Some(local.ip()), local_port: local.port(), ..connector() };
    let refusal = connector.connect(far.local_addr().unwrap()).await.unwrap_err();
    assert_eq!((refusal.syscall, refusal.address), ("bind", local));
    assert_eq!(refusal.error.kind(), io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn a_local_address_that_is_not_ours_is_refused() {
    let connector = TcpConnector { local_address: Some("192.0.2.1".parse().unwrap()), ..connector() };
    let refusal = connector.connect(([127, 0, 0, 1], 1).into()).await.unwrap_err();
    assert_eq!(refusal.syscall, "bind");
    assert_eq!(refusal.error.kind(), io::ErrorKind::AddrNotAvailable);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_socket_that_would_connect_to_itself_is_refused() {
    let (_, result) = connect_from(Some("127.0.0.1"), |port| ([127, 0, 0, 1], port).into()).await;
    assert_eq!(result.unwrap_err().error.kind(), io::ErrorKind::ConnectionRefused);
}
