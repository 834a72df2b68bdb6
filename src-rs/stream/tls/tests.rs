//! TLS over a scripted stream, its far end rustls' own server in memory: what is cut, held back and given up.

pub mod far;
mod handshakes;

use std::io::{self, ErrorKind, IoSlice};

use self::far::{Wire, pair};
use super::*;

fn written(tls: &mut Tls, wire: &mut Wire, bytes: &[u8]) -> io::Result<usize> {
    tls.write_vectored(wire, &[IoSlice::new(bytes)])
}

/// Everything that can be read now, and how it ends.
fn read_all(tls: &mut Tls, wire: &mut Wire) -> (Vec<u8>, Result<(), io::Error>) {
    let mut all = Vec::new();
    let mut into = vec![0; BATCH];
    loop {
        match tls.read(wire, &mut into) {
            Ok(0) => return (all, Ok(())),
            Ok(count) => all.extend_from_slice(&into[..count]),
            Err(error) => return (all, Err(error)),
        }
    }
}

fn code(error: &io::Error) -> String {
    Failure::system(error, Phase::Read, "read").code
}

fn text(size: usize) -> Vec<u8> {
    (0..size as u32).map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8).collect()
}

#[test]
fn bytes_arrive_however_their_records_are_cut() {
    for version in far::VERSIONS {
        for record in [1, 2, 100, 1000, 16_383, 16_384] {
            let sent = text(record.min(200) * 300);
            for cut in [7, 1500, 40_000] {
                let (mut tls, mut wire, mut far) = pair(version);
                for piece in sent.chunks(record) {
                    far.write(piece);
                }
                let mut got = Vec::new();
                for piece in far.outgoing().chunks(cut) {
                    wire.arrive(piece);
                    let (bytes, end) = read_all(&mut tls, &mut wire);
                    got.extend(bytes);
                    assert_eq!(end.unwrap_err().kind(), ErrorKind::WouldBlock);
                    assert!(tls.is_drained());
                }
                assert!(got == sent, "records of {record} bytes, {cut} bytes of ciphertext at a time");
            }
        }
    }
}

#[test]
fn ciphertext_that_comes_byte_by_byte_gives_each_record_when_it_is_whole() {
    for version in far::VERSIONS {
        let (mut tls, mut wire, mut far) = pair(version);
        let sent = text(600);
        for piece in sent.chunks(100) {
            far.write(piece);
        }
        let mut got = Vec::new();
        for byte in far.outgoing() {
            wire.arrive(&[byte]);
            let (bytes, end) = read_all(&mut tls, &mut wire);
            assert!(bytes.is_empty() || bytes.len() == 100);
            assert_eq!(end.unwrap_err().kind(), ErrorKind::WouldBlock);
            got.extend(bytes);
        }
        assert_eq!(got, sent);
    }
}

#[test]
fn nothing_readable_is_kept_back_when_a_read_ends_drained() {
    let (mut tls, mut wire, mut far) = pair(far::VERSIONS[0]);
    let sent = text(1 << 20);
    far.write(&sent);
    wire.arrive(&far.outgoing());
    let mut got = Vec::new();
    // The least room that a read may have.
    let mut into = vec![0; LARGEST_RECORD];
    while got.len() < sent.len() {
        let count = tls.read(&mut wire, &mut into).unwrap();
        got.extend_from_slice(&into[..count]);
        assert!(
            !tls.is_drained() || wire.is_empty(),
            "drained with {} bytes of ciphertext left",
            wire.left()
        );
    }
    assert!(got == sent);
}

#[test]
fn data_comes_before_the_end_and_the_end_stays() {
    for version in far::VERSIONS {
        let (mut tls, mut wire, mut far) = pair(version);
        far.write(b"last words");
        far.close();
        wire.arrive(&far.outgoing());
        wire.end();
        let mut into = vec![0; BATCH];
        assert_eq!(tls.read(&mut wire, &mut into).unwrap(), 10);
        for _ in 0..2 {
            assert_eq!(tls.read(&mut wire, &mut into).unwrap(), 0);
        }
    }
}

#[test]
fn an_end_without_close_notify_is_no_end() {
    for version in far::VERSIONS {
        for kept in [0, 1, 20] {
            let (mut tls, mut wire, mut far) = pair(version);
            far.write(b"last words");
            let whole = far.outgoing();
            far.write(b"cut in the middle of its record");
            wire.arrive(&whole);
            wire.arrive(&far.outgoing()[..kept]);
            wire.end();
            let (got, end) = read_all(&mut tls, &mut wire);
            assert_eq!(got, b"last words");
            assert_eq!(code(&end.unwrap_err()), "ERR_TLS_TRUNCATED");
            let (got, end) = read_all(&mut tls, &mut wire);
            assert!(got.is_empty());
            assert_eq!(code(&end.unwrap_err()), "ERR_TLS_TRUNCATED");
        }
    }
}

#[test]
fn a_reset_is_told_after_what_came_before_it_and_stays() {
    let (mut tls, mut wire, mut far) = pair(far::VERSIONS[0]);
    far.write(b"last words");
    wire.arrive(&far.outgoing());
    wire.reset();
    for expected in [&b"last words"[..], b"", b""] {
        let (got, end) = read_all(&mut tls, &mut wire);
        assert_eq!(got, expected);
        assert_eq!(code(&end.unwrap_err()), "ECONNRESET");
    }
}

#[test]
fn a_record_that_was_changed_breaks_the_connection_and_the_peer_is_told() {
    for version in far::VERSIONS {
        let (mut tls, mut wire, mut far) = pair(version);
        far.write(b"first");
        wire.arrive(&far.outgoing());
        far.write(b"second");
        let mut changed = far.outgoing();
        *changed.last_mut().unwrap() ^= 1;
        wire.arrive(&changed);
        let (got, end) = read_all(&mut tls, &mut wire);
        assert_eq!(got, b"first");
        assert_eq!(code(&end.unwrap_err()), "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC");
        assert_eq!(
            far.hear(&wire.take_sent()).unwrap_err(),
            rustls::Error::AlertReceived(rustls::AlertDescription::BadRecordMac)
        );
        assert!(written(&mut tls, &mut wire, b"more").is_err());
        assert!(wire.take_sent().is_empty());
    }
}

#[test]
fn parts_of_any_sizes_leave_in_order() {
    for version in far::VERSIONS {
        for size in [1, 100, 5000, 16_384, 20_000, 300_000] {
            let (mut tls, mut wire, mut far) = pair(version);
            let sent = text(size * 3 + 1);
            let parts: Vec<_> = sent.chunks(size).map(IoSlice::new).collect();
            assert_eq!(tls.write_vectored(&mut wire, &parts).unwrap(), sent.len());
            assert!(far.hear(&wire.take_sent()).unwrap() == sent, "parts of {size} bytes");
        }
    }
}

#[test]
fn no_part_and_an_empty_part_are_no_bytes() {
    let (mut tls, mut wire, _far) = pair(far::VERSIONS[0]);
    assert_eq!(tls.write_vectored(&mut wire, &[]).unwrap(), 0);
    assert_eq!(written(&mut tls, &mut wire, b"").unwrap(), 0);
    assert!(wire.take_sent().is_empty());
}

/// As a session does: offers what was not taken again, until the stream takes no more.
fn offer(tls: &mut Tls, wire: &mut Wire, rest: &mut &[u8]) {
    while let Ok(taken @ 1..) = written(tls, wire, rest) {
        *rest = &rest[taken..];
    }
}

#[test]
fn bytes_count_as_taken_when_all_of_their_ciphertext_has_left() {
    for room in [0, 1, 10, 1000, 17_000, 100_000, 200_000] {
        let (mut tls, mut wire, mut far) = pair(far::VERSIONS[0]);
        let sent = text(400_000);
        let mut rest = &sent[..];
        let mut heard = Vec::new();
        while !rest.is_empty() {
            wire.give_room(room.max(1));
            let before = rest.len();
            offer(&mut tls, &mut wire, &mut rest);
            assert!(tls.begun() <= rest.len());
            assert!(room > 1 || rest.len() == before || tls.begun() > 0 || rest.is_empty());
            heard.extend(far.hear(&wire.take_sent()).unwrap());
            assert!(heard.len() >= sent.len() - rest.len(), "bytes were taken that the peer cannot read");
            if room < 1000 {
                wire.give_room(50_000);
            }
        }
        assert!(heard == sent, "room for {room} bytes at a time");
    }
}

#[test]
fn what_was_begun_and_given_up_leaves_once_and_the_next_bytes_follow() {
    let (mut tls, mut wire, mut far) = pair(far::VERSIONS[0]);
    wire.give_room(10);
    assert_eq!(written(&mut tls, &mut wire, b"given up").unwrap(), 0);
    assert_eq!(tls.begun(), 8);
    tls.disown(8);
    assert!(tls.wants_flush());
    // Nothing can overtake it.
    assert_eq!(written(&mut tls, &mut wire, b", next").unwrap_err().kind(), ErrorKind::WouldBlock);
    wire.give_room(usize::MAX);
    assert_eq!(written(&mut tls, &mut wire, b", next").unwrap(), 6);
    assert_eq!(far.hear(&wire.take_sent()).unwrap(), b"given up, next");
    assert!(!tls.wants_flush());
}

#[test]
fn our_end_is_close_notify_and_then_the_streams_own() {
    for version in far::VERSIONS {
        let (mut tls, mut wire, mut far) = pair(version);
        assert_eq!(written(&mut tls, &mut wire, b"last words").unwrap(), 10);
        wire.give_room(3);
        assert_eq!(tls.shutdown_write(&mut wire).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(!wire.is_shut());
        wire.give_room(usize::MAX);
        tls.shutdown_write(&mut wire).unwrap();
        assert!(wire.is_shut());
        assert_eq!(far.hear(&wire.take_sent()).unwrap(), b"last words");
        assert!(far.has_heard_the_end());
        // Reading goes on.
        far.write(b"an answer");
        wire.arrive(&far.outgoing());
        assert_eq!(read_all(&mut tls, &mut wire).0, b"an answer");
    }
}

#[test]
fn keys_are_renewed_in_the_middle_of_both_directions() {
    let (mut tls, mut wire, mut far) = pair(&rustls::version::TLS13);
    for round in 0..10u8 {
        far.write(&[round; 100]);
        far.renew_keys();
        far.write(&[round; 100]);
        wire.arrive(&far.outgoing());
        assert_eq!(read_all(&mut tls, &mut wire).0, [round; 200]);
        assert_eq!(written(&mut tls, &mut wire, &[round; 50]).unwrap(), 50);
        assert_eq!(far.hear(&wire.take_sent()).unwrap(), [round; 50]);
    }
}

#[test]
fn records_without_data_do_not_hold_the_thread() {
    let (mut tls, mut wire, mut far) = pair(&rustls::version::TLS13);
    wire.at_a_time(23);
    for _ in 0..10_000 {
        far.renew_keys();
    }
    wire.arrive(&far.outgoing());
    let mut into = vec![0; BATCH];
    let before = wire.left();
    assert_eq!(tls.read(&mut wire, &mut into).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(before - wire.left() <= 23 * BARREN_READS as usize);
}

#[test]
fn an_end_that_came_with_the_data_is_told_although_nothing_more_comes() {
    let (mut tls, mut wire, mut far) = pair(far::VERSIONS[0]);
    far.write(b"last words");
    far.close();
    wire.arrive(&far.outgoing());
    let mut into = vec![0; BATCH];
    assert_eq!(tls.read(&mut wire, &mut into).unwrap(), 10);
    assert!(tls.is_over() && !tls.is_drained());
    assert_eq!(tls.read(&mut wire, &mut into).unwrap(), 0);
}

#[test]
fn a_peer_that_ends_without_close_notify_is_still_written_to() {
    let (mut tls, mut wire, mut far) = pair(far::VERSIONS[0]);
    wire.end();
    assert_eq!(code(&read_all(&mut tls, &mut wire).1.unwrap_err()), "ERR_TLS_TRUNCATED");
    assert_eq!(written(&mut tls, &mut wire, b"an answer").unwrap(), 9);
    tls.shutdown_write(&mut wire).unwrap();
    assert_eq!(far.hear(&wire.take_sent()).unwrap(), b"an answer");
    assert!(far.has_heard_the_end());
}

#[test]
fn bytes_that_left_before_the_stream_broke_are_counted_and_the_break_is_told_next() {
    let (mut tls, mut wire, _far) = pair(far::VERSIONS[0]);
    wire.break_after(BATCH + BATCH / 2);
    let sent = text(3 * BATCH);
    assert_eq!(written(&mut tls, &mut wire, &sent).unwrap(), BATCH);
    for _ in 0..2 {
        assert_eq!(code(&written(&mut tls, &mut wire, &sent).unwrap_err()), "ECONNRESET");
    }
    assert!(!tls.wants_flush(), "nothing is left to wait for");
    // The system has told of the reset; to a read it looks like an end.
    wire.end();
    assert_eq!(code(&read_all(&mut tls, &mut wire).1.unwrap_err()), "ECONNRESET");
}
