//! Reads by cases: their order, deadlines, aborts, limits, and what an end or a reset leaves readable.

use std::rc::Rc;

use super::{
    peer::{Bench, Told, ended, failed, marked, sized, timed},
    wire::Arrival,
};
use crate::{
    framing::{BLOCK, Boundary, LineRule, Markers, Prefix, Want, memory},
    session::{Wanted, Why},
};

fn newline() -> Rc<Markers> {
    Rc::new(Markers::new(&[b"\n"], Boundary::Any))
}

fn until(markers: &Rc<Markers>, max_size: usize) -> Want {
    Want::Until { markers: markers.clone(), max_size, keep: true }
}

fn lines(most: u32) -> Want {
    let rule = Rc::new(LineRule::new(b"\n".to_vec(), b"\r".to_vec(), Boundary::Any));
    Want::Lines { rule, max_size: usize::MAX, keep: false, most }
}

fn exactly(size: usize) -> Want {
    Want::Exactly { size }
}

fn receive(max_size: usize) -> Want {
    Want::Receive { markers: None, max_size, keep: true }
}

const ALL: Want = Want::All { max_size: usize::MAX };
const SOME: Want = Want::Some { max: usize::MAX };

#[test]
fn reads_are_answered_in_the_order_of_their_calls_whatever_each_waits_for() {
    let mut bench = Bench::new();
    let first = bench.read(exactly(4));
    let second = bench.read(lines(1));
    let third = bench.read(SOME);
    bench.arrive(b"ab");
    assert_eq!(bench.told(), []);
    bench.arrive(b"cdline\r\nrest");
    let expected = [(first, sized(b"abcd")), (second, marked(b"line")), (third, sized(b"rest"))];
    assert_eq!(bench.told(), expected);
}

#[test]
fn bytes_that_came_during_the_dial_are_read_first() {
    let mut bench = Bench::with_early(b"220 rea");
    let line = bench.read(lines(1));
    bench.arrive(b"dy\n");
    assert_eq!(bench.told(), [(line, marked(b"220 ready"))]);
    assert_eq!(bench.session.bytes_read(), 10);
}

#[test]
fn a_deadline_fails_its_own_read_and_leaves_its_bytes_to_the_next() {
    let mut bench = Bench::new();
    let first = bench.read_within(10, exactly(4));
    let second = bench.read(exactly(2));
    bench.arrive(b"ab");
    bench.pass(9);
    assert_eq!(bench.told(), []);
    bench.pass(1);
    assert_eq!(bench.told(), [(first, failed("ETIMEDOUT", 0)), (second, sized(b"ab"))]);
}

#[test]
fn the_earliest_deadline_is_that_of_any_pending_operation() {
    let mut bench = Bench::new();
    assert_eq!(bench.session.next_deadline(), None);
    bench.read_within(20, exactly(1));
    bench.read_within(10, exactly(1));
    assert_eq!(bench.session.next_deadline(), Some(bench.after(10)));
    bench.wire.borrow_mut().room = 0;
    bench.write(b"x", Some(5));
    assert_eq!(bench.session.next_deadline(), Some(bench.after(5)));
    bench.pass(10);
    assert_eq!(bench.session.next_deadline(), Some(bench.after(10)));
}

#[test]
fn an_answer_that_the_system_holds_already_beats_a_deadline_that_is_noticed_late() {
    let mut bench = Bench::new();
    let read = bench.read_within(10, exactly(2));
    bench.wire.borrow_mut().incoming.push_back(Arrival::Bytes(b"ab".to_vec()));
    bench.pass(1000);
    assert_eq!(bench.told(), [(read, sized(b"ab"))]);
}

#[test]
fn receive_gives_by_its_deadline_what_came_within_its_size() {
    let mut bench = Bench::new();
    let read = bench.read_within(10, receive(8));
    bench.arrive(b"abc");
    bench.pass(10);
    assert_eq!(bench.told(), [(read, timed(b"abc"))]);
}

#[test]
fn receive_behind_another_read_gives_nothing_by_its_deadline() {
    let mut bench = Bench::new();
    let first = bench.read(exactly(4));
    let second = bench.read_within(10, receive(8));
    bench.arrive(b"abc");
    bench.pass(10);
    bench.arrive(b"d");
    assert_eq!(bench.told(), [(second, timed(b"")), (first, sized(b"abcd"))]);
}

#[test]
fn an_aborted_read_is_told_nothing_more_and_takes_nothing() {
    let mut bench = Bench::new();
    let first = bench.read(exactly(4));
    let second = bench.read(exactly(3));
    bench.arrive(b"ab");
    assert_eq!(bench.cancel(first), Some(0));
    assert_eq!(bench.cancel(first), None);
    bench.arrive(b"c");
    assert_eq!(bench.told(), [(second, sized(b"abc"))]);
    assert_eq!(bench.cancel(second), None);
}

#[test]
fn a_search_goes_on_where_one_of_the_same_markers_stopped() {
    let markers = newline();
    let mut bench = Bench::new();
    let first = bench.read(until(&markers, 2));
    bench.arrive(b"abc");
    let second = bench.read(until(&markers, 8));
    assert_eq!(bench.told(), [(first, failed("ERR_LIMIT", 0))]);
    bench.arrive(b"d\ne");
    assert_eq!(bench.told(), [(second, marked(b"abcd\n"))]);
}

#[test]
fn a_search_starts_anew_once_a_receive_has_taken_what_was_searched() {
    let markers = newline();
    let mut bench = Bench::new();
    let search = bench.read(until(&markers, usize::MAX));
    let rest = bench.read_within(10, receive(usize::MAX));
    bench.arrive(b"abc");
    bench.cancel(search);
    bench.pass(10);
    assert_eq!(bench.told(), [(rest, timed(b"abc"))]);
    bench.arrive(b"x\nyz");
    let search = bench.read(until(&markers, usize::MAX));
    bench.poll();
    assert_eq!(bench.told(), [(search, marked(b"x\n"))]);
}

#[test]
fn a_search_starts_anew_after_bytes_were_put_back() {
    let markers = newline();
    let mut bench = Bench::new();
    let search = bench.read(until(&markers, usize::MAX));
    bench.arrive(b"abc");
    bench.cancel(search);
    bench.session.unread(b"x\ny").unwrap();
    let search = bench.read(until(&markers, usize::MAX));
    assert_eq!(bench.told(), [(search, marked(b"x\n"))]);
    assert_eq!(bench.session.peek(), b"yabc");
}

#[test]
fn bytes_are_not_put_back_in_front_of_a_read_that_waits() {
    let mut bench = Bench::new();
    bench.read(exactly(2));
    assert_eq!(bench.session.unread(b"x").unwrap_err().code, "ERR_INVALID_STATE");
}

#[test]
fn of_several_lines_those_not_used_are_readable_again() {
    let mut bench = Bench::new();
    bench.arrive(b"a\r\nb\nc\nd");
    let batch = bench.read(lines(u32::MAX));
    bench.poll();
    let joined = Told::Bytes { bytes: b"a\r\nb\nc".to_vec(), why: Why::Marker, items: 3 };
    assert_eq!(bench.told(), [(batch, joined)]);
    bench.session.give_back(1);
    let rest = bench.read(exactly(5));
    assert_eq!(bench.told(), [(rest, sized(b"b\nc\nd"))]);
}

#[test]
fn of_several_frames_those_not_used_are_readable_again() {
    let mut bench = Bench::new();
    bench.arrive(b"\x01a\0\x02bc\x01");
    let frames = Want::Frames { prefix: Prefix::U8, max_size: 9, most: u32::MAX };
    let batch = bench.read(frames);
    bench.poll();
    let joined = Told::Bytes { bytes: b"\x01a\0\x02bc".to_vec(), why: Why::Size, items: 3 };
    assert_eq!(bench.told(), [(batch, joined)]);
    bench.session.give_back(2);
    assert_eq!(bench.session.peek(), b"\x02bc\x01");
}

#[test]
fn a_batch_takes_no_more_than_one_line_while_others_wait_behind_it() {
    let mut bench = Bench::new();
    let batch = bench.read(lines(u32::MAX));
    let next = bench.read(exactly(2));
    bench.arrive(b"a\nb\nc\n");
    assert_eq!(bench.told(), [(batch, marked(b"a")), (next, sized(b"b\n"))]);
}

#[test]
fn a_refused_answer_leaves_its_bytes() {
    let mut bench = Bench::new();
    bench.arrive(b"bad\n");
    let op = bench.op() + 1;
    bench.record.refused.insert(op);
    let refused = bench.read(lines(1));
    bench.poll();
    let again = bench.read(until(&newline(), 9));
    assert_eq!(bench.told(), [(refused, marked(b"bad")), (again, marked(b"bad\n"))]);
}

#[test]
fn an_examined_read_takes_as_far_as_its_owner_is_content() {
    let mut bench = Bench::new();
    let read = bench.wanted(Wanted::Examined { max_size: 9 }, None);
    bench.arrive(b"ab");
    bench.arrive(b"c\nd");
    assert_eq!(bench.told(), [(read, marked(b"abc\n"))]);
    let read = bench.wanted(Wanted::Examined { max_size: 3 }, None);
    bench.arrive(b"efg");
    assert_eq!(bench.told(), [(read, failed("ERR_LIMIT", 0))]);
    assert_eq!(bench.session.peek(), b"defg");
}

#[test]
fn what_came_before_the_end_is_read_before_the_end_is_told() {
    let mut bench = Bench::new();
    bench.wire.borrow_mut().incoming.extend([Arrival::Bytes(b"a\nrest".to_vec()), Arrival::End]);
    let line = bench.read(lines(1));
    let size = bench.read(exactly(9));
    let all = bench.read(ALL);
    let end = bench.read(SOME);
    bench.poll();
    let expected = [
        (line, marked(b"a")),
        (size, failed("ERR_UNEXPECTED_END", 0)),
        (all, ended(b"rest")),
        (end, Told::End),
    ];
    assert_eq!(bench.told(), expected);
}

#[test]
fn what_came_before_a_reset_is_read_before_the_reset_is_told() {
    let mut bench = Bench::new();
    bench.wire.borrow_mut().incoming.extend([Arrival::Bytes(b"a\nrest".to_vec()), Arrival::Reset]);
    let line = bench.read(lines(1));
    let size = bench.read(exactly(9));
    let rest = bench.read(exactly(4));
    let reset = bench.read(SOME);
    bench.poll();
    let expected = [
        (line, marked(b"a")),
        (size, failed("ECONNRESET", 0)),
        (rest, sized(b"rest")),
        (reset, failed("ECONNRESET", 0)),
    ];
    assert_eq!(bench.told(), expected);
    let again = bench.read(SOME);
    assert_eq!(bench.told(), [(again, failed("ECONNRESET", 0))]);
}

#[test]
fn a_signal_during_a_system_call_is_nobodys_business() {
    let mut bench = Bench::new();
    let read = bench.read(exactly(1));
    bench.wire.borrow_mut().incoming.push_back(Arrival::Interrupted);
    bench.arrive(b"a");
    assert_eq!(bench.told(), [(read, sized(b"a"))]);
}

#[test]
fn nothing_is_read_from_the_system_while_nobody_reads() {
    let mut bench = Bench::new();
    bench.arrive(b"abcdef");
    assert_eq!(bench.wire.borrow().reads, 0);
    bench.read(exactly(1));
    bench.poll();
    assert!(!bench.session.interest().read);
    let reads = bench.wire.borrow().reads;
    bench.arrive(b"more");
    assert_eq!(bench.wire.borrow().reads, reads);
}

#[test]
fn one_turn_reads_a_bounded_number_of_blocks() {
    let mut bench = Bench::new();
    let all = bench.read(ALL);
    for _ in 0..40 {
        bench.wire.borrow_mut().incoming.push_back(Arrival::Bytes(vec![b'x'; 1 << 20]));
    }
    let ready = bench.session.interest();
    bench.session.ready(ready, &mut bench.record);
    assert!(bench.wire.borrow().reads <= 16);
    bench.happen(Arrival::End);
    assert_eq!(bench.told(), [(all, ended(&vec![b'x'; 40 << 20]))]);
}

#[test]
fn a_read_that_memory_ends_fails_alone_and_leaves_every_byte() {
    let mut bench = Bench::new();
    let bytes: Vec<u8> = (0..3 * BLOCK).map(|i| (i / 7) as u8).collect();
    memory::with_at_most(2 * BLOCK, || {
        let large = bench.read(exactly(3 * BLOCK));
        let small = bench.read(exactly(5));
        bench.arrive(&bytes);
        assert_eq!(bench.told(), [(large, failed("ENOMEM", 0)), (small, sized(&bytes[..5]))]);
        let rest = bench.read(exactly(2 * BLOCK - 5));
        assert_eq!(bench.told(), [(rest, sized(&bytes[5..2 * BLOCK]))]);
        let last = bench.read(exactly(BLOCK));
        bench.poll();
        assert_eq!(bench.told(), [(last, sized(&bytes[2 * BLOCK..]))]);
    });
}
