//! A socket pair over loopback: our end by the trait, the far end by std.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpListener,
    time::Instant,
};

use super::*;
use crate::failure::system_name;

fn pair() -> (Socket, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (ours.try_into().unwrap(), listener.accept().unwrap().0)
}

/// Repeats a call until it does not say `WouldBlock`; a hang ends in a failure.
fn settled<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let began = Instant::now();
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                assert!(began.elapsed() < Duration::from_secs(60), "the socket never became ready");
                std::thread::yield_now();
            }
            result => return result,
        }
    }
}

#[test]
fn reading_never_waits_and_ends_with_zero() {
    let (mut ours, mut far) = pair();
    let mut into = [0; 8];
    assert_eq!(Stream::read(&mut ours, &mut into).unwrap_err().kind(), ErrorKind::WouldBlock);
    far.write_all(b"abc").unwrap();
    assert_eq!(settled(|| Stream::read(&mut ours, &mut into)).unwrap(), 3);
    assert_eq!(&into[..3], b"abc");
    far.shutdown(Shutdown::Write).unwrap();
    assert_eq!(settled(|| Stream::read(&mut ours, &mut into)).unwrap(), 0);
}

#[test]
fn parts_leave_in_order_however_many_there_are() {
    let (mut ours, mut far) = pair();
    let text: Vec<u8> = (0..5000u32).flat_map(|n| n.to_le_bytes()).collect();
    let mut sent = 0;
    while sent < text.len() {
        // One byte to a part: five times and more what one system call takes.
        let parts: Vec<_> = text[sent..].chunks(1).map(IoSlice::new).collect();
        sent += settled(|| ours.write_vectored(&parts)).unwrap();
    }
    ours.shutdown_write().unwrap();
    let mut got = Vec::new();
    far.read_to_end(&mut got).unwrap();
    assert_eq!(got, text);
}

#[test]
fn no_part_and_an_empty_part_are_no_bytes() {
    let (mut ours, _far) = pair();
    assert_eq!(ours.write_vectored(&[]).unwrap(), 0);
    assert_eq!(ours.write_vectored(&[IoSlice::new(b"")]).unwrap(), 0);
    assert_eq!(ours.write_vectored(&[IoSlice::new(b""), IoSlice::new(b"a")]).unwrap(), 1);
}

#[test]
fn a_full_socket_would_block_and_loses_nothing() {
    let (mut ours, mut far) = pair();
    let chunk = vec![7; 1 << 16];
    let mut sent = 0;
    let error = loop {
        match ours.write_vectored(&[IoSlice::new(&chunk)]) {
            Ok(count) => sent += count,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    ours.shutdown_write().unwrap();
    let mut got = Vec::new();
    far.read_to_end(&mut got).unwrap();
    assert_eq!(got.len(), sent);
}

#[test]
fn after_our_end_reading_goes_on() {
    let (mut ours, mut far) = pair();
    ours.shutdown_write().unwrap();
    assert_eq!(far.read(&mut [0; 8]).unwrap(), 0);
    far.write_all(b"still here").unwrap();
    let mut into = [0; 16];
    assert_eq!(settled(|| Stream::read(&mut ours, &mut into)).unwrap(), 10);
    assert_eq!(system_name(&ours.write_vectored(&[IoSlice::new(b"a")]).unwrap_err()), Some("EPIPE"));
}

#[test]
fn dropping_ends_the_stream_and_reset_breaks_it() {
    let (ours, mut far) = pair();
    drop(ours);
    assert_eq!(far.read(&mut [0; 8]).unwrap(), 0);

    let (mut ours, mut far) = pair();
    ours.reset();
    drop(ours);
    assert_eq!(far.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn writing_to_a_peer_that_reset_is_an_error_not_a_signal() {
    let (mut ours, far) = pair();
    socket2::SockRef::from(&far).set_linger(Some(Duration::ZERO)).unwrap();
    drop(far);
    assert_eq!(
        settled(|| Stream::read(&mut ours, &mut [0; 8])).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    for parts in [&[IoSlice::new(b"a")][..], &[IoSlice::new(b"a"), IoSlice::new(b"b")]] {
        let error = ours.write_vectored(parts).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    }
    ours.reset();
}

#[test]
fn addresses_are_known() {
    let (ours, far) = pair();
    assert_eq!(ours.local_addr().unwrap(), far.peer_addr().unwrap());
    assert_eq!(ours.peer_addr().unwrap(), far.local_addr().unwrap());
}

/// Where a socket's error can be asked for before its bytes: elsewhere a reset drops what was not read.
#[cfg(target_os = "linux")]
#[test]
fn a_reset_that_was_told_before_the_first_read_is_told_again_after_the_bytes() {
    let (ours, mut far) = pair();
    far.write_all(b"abc").unwrap();
    socket2::SockRef::from(&far).set_linger(Some(Duration::ZERO)).unwrap();
    drop(far);
    // As a dial does, which has to ask whether the connection was made.
    let told = settled(|| ours.inner.take_error()?.ok_or_else(|| ErrorKind::WouldBlock.into())).unwrap();
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
    let mut ours = ours.after_reset();
    let mut into = [0; 8];
    assert_eq!(Stream::read(&mut ours, &mut into).unwrap(), 3);
    assert_eq!(Stream::read(&mut ours, &mut into).unwrap_err().kind(), ErrorKind::ConnectionReset);
}
