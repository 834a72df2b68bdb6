//! Reads into the caller's own memory: what is in it when they end, and where the bytes go when they are given up.

use super::{
    peer::{Bench, Told, ended, failed, sized},
    wire::Arrival,
};
use crate::framing::{BLOCK, Want, memory};

fn exactly(size: usize) -> Want {
    Want::Exactly { size }
}

#[test]
fn memory_is_filled_first_from_the_buffer_then_past_it() {
    let mut bench = Bench::with_early(b"abc");
    let fill = bench.fill(6, None);
    assert_eq!(bench.session.buffered(), 0);
    bench.arrive(b"defgh");
    assert_eq!(bench.told(), [(fill, Told::Filled(b"abcdef".to_vec()))]);
    let rest = bench.read(exactly(2));
    bench.poll();
    assert_eq!(bench.told(), [(rest, sized(b"gh"))]);
}

#[test]
fn memory_of_no_length_is_full_at_once() {
    let mut bench = Bench::new();
    let fill = bench.fill(0, None);
    assert_eq!(bench.told(), [(fill, Told::Filled(Vec::new()))]);
}

#[test]
fn a_fill_given_up_by_abort_or_deadline_returns_its_bytes_in_order() {
    let mut bench = Bench::with_early(b"ab");
    let aborted = bench.fill(9, None);
    bench.arrive(b"cd");
    assert_eq!(bench.cancel(aborted), Some(0));
    let late = bench.fill(9, Some(10));
    let next = bench.read(exactly(6));
    bench.arrive(b"ef");
    bench.pass(10);
    assert_eq!(bench.told(), [(late, failed("ETIMEDOUT", 0)), (next, sized(b"abcdef"))]);
}

#[test]
fn a_fill_behind_another_read_takes_nothing_before_its_turn() {
    let mut bench = Bench::new();
    let first = bench.read(exactly(3));
    let fill = bench.fill(2, None);
    bench.arrive(b"ab");
    assert_eq!(bench.record.targets[&fill], [0, 0]);
    assert_eq!(bench.cancel(fill), Some(0));
    bench.arrive(b"c");
    assert_eq!(bench.told(), [(first, sized(b"abc"))]);
}

#[test]
fn a_fill_that_meets_the_end_or_a_reset_returns_its_bytes() {
    for (arrival, code) in [(Arrival::End, "ERR_UNEXPECTED_END"), (Arrival::Reset, "ECONNRESET")] {
        let mut bench = Bench::new();
        let fill = bench.fill(4, None);
        bench.arrive(b"ab");
        bench.happen(arrival);
        assert_eq!(bench.told(), [(fill, failed(code, 0))]);
        let rest = bench.read(exactly(2));
        assert_eq!(bench.told(), [(rest, sized(b"ab"))]);
    }
}

#[test]
fn a_fill_whose_memory_was_detached_fails_and_the_connection_goes_on() {
    let mut bench = Bench::new();
    let fill = bench.fill(4, None);
    bench.record.targets.remove(&fill);
    bench.arrive(b"abc");
    assert_eq!(bench.told(), [(fill, failed("ERR_INVALID_STATE", 0))]);
    let next = bench.read(exactly(3));
    bench.poll();
    assert_eq!(bench.told(), [(next, sized(b"abc"))]);
}

#[test]
fn a_fill_whose_memory_was_resized_fails_and_leaves_what_is_buffered() {
    let mut bench = Bench::new();
    let first = bench.read(exactly(1));
    let fill = bench.fill(4, None);
    bench.record.targets.insert(fill, vec![0; 2]);
    bench.arrive(b"abcdef");
    bench.happen(Arrival::End);
    assert_eq!(bench.told(), [(first, sized(b"a")), (fill, failed("ERR_INVALID_STATE", 0))]);
    let rest = bench.read(Want::All { max_size: 9 });
    bench.poll();
    assert_eq!(bench.told(), [(rest, ended(b"bcdef"))]);
}

#[test]
fn bytes_of_a_fill_that_no_memory_takes_back_are_not_passed_over_in_silence() {
    let mut bench = Bench::new();
    let fill = bench.fill(2 * BLOCK, None);
    bench.arrive(&vec![1; BLOCK + 1]);
    memory::with_at_most(BLOCK, || assert_eq!(bench.cancel(fill), Some(0)));
    bench.arrive(b"behind the gap");
    let next = bench.read(exactly(1));
    assert_eq!(bench.told(), [(next, failed("ENOMEM", 0))]);
}
