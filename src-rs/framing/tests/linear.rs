//! The work grows as the bytes do, counted in bytes looked at and moved: whatever the chunks, whatever is asked.

use std::rc::Rc;

use super::{Boundary, Buffer, LineRule, Markers, Prefix, Scan, Verdict, Want};
use crate::framing::{BLOCK, DoubleByte, effort};

/// The work, per byte, of serving `want` until nothing is left, when `input` comes in chunks of `chunk`
/// bytes.
fn per_byte(want: &Want, input: &[u8], chunk: usize) -> f64 {
    let spent = effort::of(|| {
        let mut buffer = Buffer::new();
        let mut scan = Scan::default();
        for chunk in input.chunks(chunk) {
            buffer.append(chunk);
            while let Verdict::Take(taken) = want.judge(buffer.as_slice(), false, &mut scan) {
                buffer.consume(taken.consumed);
            }
        }
    });
    spent as f64 / input.len() as f64
}

/// Asserts that no byte costs more than `bound` looks, for chunks of several sizes, and for 8 times the
/// bytes.
#[track_caller]
fn assert_linear(want: &Want, unit: &[u8], bound: f64) {
    for chunk in [1, 7, 1500, BLOCK, usize::MAX] {
        for size in [1 << 16, 1 << 19] {
            let spent = per_byte(want, &unit.repeat(size / unit.len()), chunk);
            assert!(spent <= bound, "{spent} looks a byte at {size} bytes in chunks of {chunk}");
        }
    }
}

fn until(markers: &[&[u8]], boundary: Boundary) -> Want {
    Want::Until { markers: Rc::new(Markers::new(markers, boundary)), max_size: usize::MAX, keep: false }
}

fn lines(most: u32) -> Want {
    let rule = Rc::new(LineRule::new(b"\n".to_vec(), b"\r".to_vec(), Boundary::Any));
    Want::Lines { rule, max_size: usize::MAX, keep: false, most }
}

#[test]
fn a_marker_that_never_comes_is_sought_once_in_each_byte() {
    // As many looks as the marker has bytes when they come singly, and the buffer's growth.
    assert_linear(&until(&[b"\n"], Boundary::Any), b"a", 5.0);
    assert_linear(&until(&[b"aaaaaaab"], Boundary::Any), b"a", 12.0);
}

#[test]
fn small_answers_from_a_large_buffer_move_nothing() {
    assert_linear(&lines(1), b"x\n", 5.0);
    assert_linear(&until(&[b"\n"], Boundary::Any), b"\n", 5.0);
    assert_linear(&Want::Exactly { size: 3 }, b"abc", 4.0);
    assert_linear(&Want::Some { max: 1 }, b"a", 4.0);
    let frames = Want::Frames { prefix: Prefix::U8, max_size: 9, most: 1 };
    assert_linear(&frames, b"\x02ab", 4.0);
}

#[test]
fn one_of_several_markers_that_never_comes_does_not_make_each_answer_search_the_whole_buffer() {
    assert_linear(&until(&[b"\n", b"never", b"there"], Boundary::Any), b"0123456789\n", 40.0);
}

#[test]
fn batches_look_at_each_byte_a_few_times() {
    assert_linear(&lines(u32::MAX), b"0123456789\n", 6.0);
    assert_linear(&lines(5), b"0123456789\n", 6.0);
    assert_linear(&lines(u32::MAX), b"a", 5.0);
}

#[test]
fn characters_are_walked_once() {
    for boundary in [Boundary::DoubleByte(DoubleByte::ShiftJis), Boundary::Iso2022Jp] {
        assert_linear(&until(&[b"\\"], boundary), b"\x95\x5C\x81\x5B", 10.0);
        assert_linear(&until(&[b"\\", b"~~"], boundary), b"\x95\x5C\x81\x5B", 14.0);
    }
    assert_linear(&until(&[b"\n\0"], Boundary::Even), b"\x0A\x0A\x00\x0A", 8.0);
}

#[test]
fn the_windows_of_several_markers_overlap_in_few_places() {
    let input = vec![b'a'; 1 << 20];
    let markers = Markers::new(&[b"x", &[b'y'; 1000]], Boundary::Any);
    let spent = effort::of(|| assert_eq!(markers.search(&input, false, &mut Scan::default()), None));
    assert!(spent < 2 * input.len() as u64 + 20_000, "{spent}");
}
