//! End, close, destroy and defects: their order against reads and writes, and that everything pending ends.

use super::{
    peer::{Bench, Told, ended, failed, give_room, sized, stuck},
    wire::{Arrival, Mark},
};
use crate::{
    failure::{Failure, Phase},
    framing::Want,
    reactor::Ready,
    session::OpId,
};

const ALL: Want = Want::All { max_size: usize::MAX };

fn end(bench: &mut Bench, wait: Option<u64>) -> OpId {
    let op = bench.op();
    let deadline = wait.map(|wait| bench.after(wait));
    bench.session.end(op, deadline, &mut bench.record);
    op
}

fn close(bench: &mut Bench, wait: Option<u64>) -> OpId {
    let op = bench.op();
    let deadline = wait.map(|wait| bench.after(wait));
    bench.session.close(op, deadline, &mut bench.record);
    op
}

fn marks(bench: &Bench) -> Vec<(usize, Mark)> {
    bench.wire.borrow().marks.clone()
}

#[test]
fn an_end_leaves_after_everything_written_and_reading_goes_on() {
    let mut bench = stuck();
    let write = bench.write(b"abc", None);
    let end = end(&mut bench, None);
    assert!(marks(&bench).is_empty());
    give_room(&mut bench, 9);
    assert_eq!(bench.told(), [(write, Told::Written), (end, Told::Written)]);
    assert_eq!(marks(&bench), [(3, Mark::Shutdown)]);
    let all = bench.read(ALL);
    bench.arrive(b"late");
    bench.happen(Arrival::End);
    assert_eq!(bench.told(), [(all, ended(b"late"))]);
    assert!(!bench.session.is_closed());
}

#[test]
fn an_end_that_is_done_is_told_at_once_and_writes_after_it_fail() {
    let mut bench = Bench::new();
    let first = end(&mut bench, None);
    let second = end(&mut bench, None);
    let write = bench.write(b"x", None);
    let expected =
        [(first, Told::Written), (second, Told::Written), (write, failed("ERR_STREAM_WRITE_AFTER_END", 0))];
    assert_eq!(bench.told(), expected);
    assert_eq!(marks(&bench), [(0, Mark::Shutdown)]);
}

#[test]
fn a_close_fails_the_reads_lets_the_writes_leave_and_is_done_last() {
    let mut bench = stuck();
    let read = bench.read(ALL);
    let write = bench.write(b"abc", None);
    let close = close(&mut bench, None);
    assert_eq!(bench.told(), [(read, failed("ERR_CLOSED", 0))]);
    assert!(!bench.session.is_closed());
    give_room(&mut bench, 9);
    assert_eq!(bench.told(), [(write, Told::Written), (close, Told::Written)]);
    assert_eq!(marks(&bench), [(3, Mark::Shutdown)]);
    assert!(bench.session.is_closed());
}

#[test]
fn a_close_reads_what_has_come_so_that_the_system_does_not_reset() {
    let mut bench = Bench::new();
    bench.arrive(b"unread");
    close(&mut bench, None);
    assert!(bench.wire.borrow().incoming.is_empty());
    assert_eq!(marks(&bench), [(0, Mark::Shutdown)]);
}

#[test]
fn a_close_does_not_listen_for_ever_to_a_peer_that_goes_on_sending() {
    let mut bench = Bench::new();
    for _ in 0..100 {
        bench.wire.borrow_mut().incoming.push_back(Arrival::Bytes(vec![0; 1 << 20]));
    }
    let close = close(&mut bench, None);
    assert_eq!(bench.told(), [(close, Told::Written)]);
}

#[test]
fn everything_after_a_close_fails_and_a_close_after_it_is_done() {
    let mut bench = Bench::new();
    let first = close(&mut bench, None);
    let read = bench.read(ALL);
    let write = bench.write(b"x", None);
    let second = close(&mut bench, None);
    assert_eq!(bench.session.unread(b"x").unwrap_err().code, "ERR_CLOSED");
    bench.session.destroy(&mut bench.record);
    let expected = [
        (first, Told::Written),
        (read, failed("ERR_CLOSED", 0)),
        (write, failed("ERR_CLOSED", 0)),
        (second, Told::Written),
    ];
    assert_eq!(bench.told(), expected);
    assert_eq!(marks(&bench), [(0, Mark::Shutdown)]);
    assert_eq!(bench.session.interest(), Ready::NONE);
}

#[test]
fn a_close_whose_time_is_over_resets_the_connection() {
    let mut bench = stuck();
    let write = bench.write(b"abc", None);
    let close = close(&mut bench, Some(10));
    bench.pass(10);
    let told = bench.told();
    assert!(told.contains(&(close, failed("ETIMEDOUT", 0))), "{told:?}");
    assert!(told.contains(&(write, failed("ERR_CLOSED", 0))), "{told:?}");
    assert_eq!(told.len(), 2);
    assert_eq!(marks(&bench), [(0, Mark::Reset)]);
    assert!(bench.session.is_closed());
}

#[test]
fn an_end_whose_time_is_over_fails_alone() {
    let mut bench = stuck();
    let write = bench.write(b"abc", None);
    let end = end(&mut bench, Some(10));
    bench.pass(10);
    assert_eq!(bench.told(), [(end, failed("ETIMEDOUT", 0))]);
    give_room(&mut bench, 9);
    assert_eq!(bench.told(), [(write, Told::Written)]);
    assert!(marks(&bench).is_empty());
}

#[test]
fn a_close_behind_a_write_that_breaks_is_still_done() {
    let mut bench = stuck();
    let write = bench.write(b"abc", None);
    let end = end(&mut bench, None);
    let first = close(&mut bench, None);
    let second = close(&mut bench, None);
    bench.wire.borrow_mut().write_error = Some(std::io::ErrorKind::ConnectionReset);
    bench.poll();
    let expected = [
        (write, failed("ECONNRESET", 0)),
        (end, failed("ECONNRESET", 0)),
        (first, Told::Written),
        (second, Told::Written),
    ];
    assert_eq!(bench.told(), expected);
    assert!(bench.session.is_closed());
}

#[test]
fn destroy_resets_at_once_and_fails_everything_with_what_was_written() {
    let mut bench = stuck();
    give_room(&mut bench, 2);
    let read = bench.fill(9, None);
    bench.arrive(b"abc");
    let write = bench.write(b"abcdef", None);
    let end = end(&mut bench, None);
    bench.session.destroy(&mut bench.record);
    let expected =
        [(read, failed("ERR_CLOSED", 0)), (write, failed("ERR_CLOSED", 2)), (end, failed("ERR_CLOSED", 0))];
    assert_eq!(bench.told(), expected);
    assert_eq!(marks(&bench), [(2, Mark::Reset)]);
    assert!(bench.session.is_closed());
}

#[test]
fn a_defect_fails_everything_and_closes() {
    let mut bench = stuck();
    let read = bench.read(ALL);
    let write = bench.write(b"abc", None);
    bench.session.fail_all(&Failure::new("ERR_INTERNAL", Phase::Read, "a defect"), &mut bench.record);
    assert_eq!(bench.told(), [(read, failed("ERR_INTERNAL", 0)), (write, failed("ERR_INTERNAL", 0))]);
    assert!(bench.session.is_closed());
}

#[test]
fn a_reset_while_nobody_reads_waits_for_the_next_read() {
    let mut bench = Bench::with_early(b"ab");
    bench.happen(Arrival::Reset);
    assert_eq!(bench.told(), []);
    let rest = bench.read(Want::Some { max: 9 });
    let reset = bench.read(Want::Some { max: 9 });
    bench.poll();
    assert_eq!(bench.told(), [(rest, sized(b"ab")), (reset, failed("ECONNRESET", 0))]);
}
