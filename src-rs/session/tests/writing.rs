//! Writes by cases and by random schedules: whole and in order, or failed with the bytes that the system took.

use super::peer::{Bench, Told, failed, give_room, stuck};
use crate::session::OpId;

fn taken(bench: &Bench) -> Vec<u8> {
    bench.wire.borrow().taken.clone()
}

#[test]
fn what_the_system_takes_in_pieces_arrives_whole_and_in_order() {
    let mut bench = Bench::new();
    bench.wire.borrow_mut().at_a_time = 3;
    let first = bench.write(b"abcdefgh", None);
    let second = bench.write(b"ijkl", None);
    let third = bench.write_lent(b"mnopq");
    bench.poll();
    assert_eq!(bench.told(), [(first, Told::Written), (second, Told::Written), (third, Told::Written)]);
    assert_eq!(taken(&bench), b"abcdefghijklmnopq");
    assert_eq!(bench.session.bytes_written(), 17);
}

#[test]
fn a_write_waits_behind_those_before_it_although_there_is_room_again() {
    let mut bench = stuck();
    let first = bench.write(b"ab", None);
    bench.wire.borrow_mut().room = usize::MAX;
    let second = bench.write(b"cd", None);
    assert_eq!(bench.told(), []);
    bench.poll();
    assert_eq!(bench.told(), [(first, Told::Written), (second, Told::Written)]);
    assert_eq!(taken(&bench), b"abcd");
}

#[test]
fn a_write_of_nothing_is_written_in_its_turn() {
    let mut bench = stuck();
    let first = bench.write(b"ab", None);
    let nothing = bench.write_lent(b"");
    assert_eq!(bench.told(), []);
    give_room(&mut bench, 2);
    assert_eq!(bench.told(), [(first, Told::Written), (nothing, Told::Written)]);
}

#[test]
fn a_write_given_up_before_its_begin_leaves_those_behind_it_alone() {
    let mut bench = stuck();
    let first = bench.write(b"ab", Some(10));
    let second = bench.write(b"cd", None);
    let third = bench.write(b"ef", None);
    assert_eq!(bench.cancel(second), Some(0));
    bench.pass(10);
    give_room(&mut bench, 9);
    assert_eq!(bench.told(), [(first, failed("ETIMEDOUT", 0)), (third, Told::Written)]);
    assert_eq!(taken(&bench), b"ef");
}

#[test]
fn a_write_given_up_in_its_middle_takes_those_behind_it_with_it() {
    let mut bench = stuck();
    give_room(&mut bench, 3);
    let first = bench.write(b"abcdef", None);
    let second = bench.write(b"gh", None);
    assert_eq!(bench.cancel(first), Some(3));
    assert_eq!(bench.told(), [(second, failed("ECANCELED", 0))]);
    give_room(&mut bench, 9);
    let third = bench.write(b"ij", None);
    assert_eq!(bench.told(), [(third, Told::Written)]);
    assert_eq!(taken(&bench), b"abcij");
}

#[test]
fn a_late_write_tells_how_many_bytes_were_taken() {
    let mut bench = stuck();
    give_room(&mut bench, 2);
    let late = bench.write(b"abcdef", Some(10));
    give_room(&mut bench, 1);
    bench.pass(9);
    assert_eq!(bench.told(), []);
    bench.pass(1);
    assert_eq!(bench.told(), [(late, failed("ETIMEDOUT", 3))]);
}

#[test]
fn a_broken_connection_fails_all_writes_and_later_ones_but_reading_goes_on() {
    let mut bench = stuck();
    let first = bench.write(b"ab", None);
    let second = bench.write(b"cd", None);
    let end = bench.op();
    bench.session.end(end, None, &mut bench.record);
    bench.wire.borrow_mut().write_error = Some(std::io::ErrorKind::BrokenPipe);
    bench.poll();
    let broken = || failed("EPIPE", 0);
    assert_eq!(bench.told(), [(first, broken()), (second, broken()), (end, broken())]);
    let line = bench.read(crate::framing::Want::Exactly { size: 2 });
    bench.arrive(b"ok");
    assert_eq!(bench.told(), [(line, super::peer::sized(b"ok"))]);
}

#[test]
fn a_write_whose_memory_was_detached_fails() {
    let mut bench = stuck();
    let lent = bench.write_lent(b"abc");
    bench.record.sources.remove(&lent);
    give_room(&mut bench, 9);
    assert_eq!(bench.told(), [(lent, failed("ERR_INVALID_STATE", 0))]);
}

/// Random sizes, room, deadlines and aborts: the wire holds the begins of the writes, in order, each as long as its caller
/// was told; whole where it was told of success.
#[test]
fn ten_thousand_schedules_of_writes_account_for_every_byte() {
    // Over a stream that takes what the system takes, and over those that seal some bytes, or many writes, together.
    for (sealing, schedules) in [(0, 10_000), (1, 2000), (5, 5000), (100, 5000)] {
        for number in 0..schedules {
            account_for_every_byte(sealing, number);
        }
    }
}

fn account_for_every_byte(sealing: usize, number: u64) {
    let mut state = number;
    let mut below = |end: u64| {
        // Knuth's MMIX generator; the high bits are the random ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut bench = stuck();
    let mut written: Vec<(OpId, Vec<u8>, Option<u64>)> = Vec::new();
    bench.wire.borrow_mut().at_a_time = 1 + below(9) as usize;
    bench.wire.borrow_mut().sealing = sealing;
    for step in 0..30_u8 {
        match below(6) {
            0 | 1 => {
                let bytes = vec![step; below(12) as usize];
                let wait = (below(2) == 0).then(|| below(8));
                let op = if below(4) == 0 { bench.write_lent(&bytes) } else { bench.write(&bytes, wait) };
                written.push((op, bytes, None));
            }
            2 | 3 => give_room(&mut bench, below(16) as usize),
            4 => bench.pass(below(4)),
            _ if written.is_empty() => {}
            _ => {
                let at = below(written.len() as u64) as usize;
                if let Some(count) = bench.cancel(written[at].0) {
                    assert_eq!(written[at].2.replace(count), None);
                }
            }
        }
    }
    give_room(&mut bench, usize::MAX);
    // What was sealed and given up leaves with the next write, before it.
    let last = bench.write(b"last", None);
    written.push((last, b"last".to_vec(), None));
    bench.poll();
    for (op, told) in bench.told() {
        let (_, bytes, end) = written.iter_mut().find(|write| write.0 == op).unwrap();
        let count = match told {
            Told::Written => bytes.len() as u64,
            Told::Failed { written, .. } => written,
            told => panic!("{told:?} of a write"),
        };
        assert_eq!(end.replace(count), None, "schedule {number}: each write ends once");
    }
    let mut expected = Vec::new();
    for (op, bytes, end) in &written {
        let count = end.unwrap_or_else(|| panic!("schedule {number}: write {op} has not ended"));
        expected.extend(&bytes[..count as usize]);
    }
    assert_eq!(taken(&bench), expected, "schedule {number}");
    assert_eq!(bench.session.bytes_written(), expected.len() as u64);
}

#[test]
fn no_offer_is_larger_than_the_system_should_have_to_hold() {
    let bytes: Vec<u8> = (0..5 << 20).map(|i| (i >> 8) as u8).collect();
    let halves = [&bytes[..1 << 20], &[], &bytes[1 << 20..]];
    let mut bench = Bench::new();
    assert_eq!(bench.session.try_write(&[&bytes]).unwrap(), 4 << 20);
    assert_eq!(bench.session.try_write(&halves).unwrap(), 0, "the loop has its turn first");

    for lent in [true, false] {
        let mut bench = stuck();
        let op = if lent { bench.write_lent(&bytes) } else { bench.write(&bytes, None) };
        give_room(&mut bench, usize::MAX);
        assert_eq!(bench.told(), [(op, Told::Written)]);
        let wire = bench.wire.borrow();
        assert!(wire.taken == bytes);
        assert_eq!(wire.writes, [4 << 20, 1 << 20]);
    }
    let mut bench = Bench::new();
    assert_eq!(bench.session.try_write(&halves).unwrap(), 4 << 20);
    assert!(bench.wire.borrow().taken == bytes[..4 << 20]);
}
