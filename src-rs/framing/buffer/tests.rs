//! The buffer against a plain vector, and what it holds and moves.

use proptest::{collection::vec, prelude::*};

use super::{super::effort, *};

fn filled(bytes: &[u8]) -> Buffer {
    let mut buffer = Buffer::new();
    buffer.append(bytes);
    buffer
}

fn pooled() -> usize {
    POOL.with_borrow(|pool| pool.len())
}

#[test]
fn bytes_that_fill_most_of_a_large_block_are_handed_over_with_it() {
    let mut buffer = Buffer::new();
    let bytes: Vec<u8> = (0..DETACHED_FROM + 100).map(|i| i as u8).collect();
    buffer.append(&bytes);
    assert_eq!(buffer.detach(DETACHED_FROM - 1), None, "a copy is cheaper");
    assert_eq!(buffer.detach(bytes.len() + 1), None, "not so many are there");
    assert!(buffer.detach(DETACHED_FROM).is_some_and(|taken| taken == bytes[..DETACHED_FROM]));
    assert_eq!(buffer.as_slice(), &bytes[DETACHED_FROM..]);
    buffer.append(b"more");
    assert_eq!(buffer.as_slice(), [&bytes[DETACHED_FROM..], b"more"].concat());
}

#[test]
fn a_buffer_holds_no_memory_before_it_is_filled_and_after_it_is_emptied() {
    let mut buffer = Buffer::new();
    assert_eq!(buffer.block.capacity(), 0);
    assert_eq!(buffer.spare(1, 1).len(), BLOCK);
    buffer.commit(0);
    assert_eq!(buffer.block.capacity(), 0);
    buffer.append(b"abc");
    buffer.consume(3);
    assert_eq!(buffer.block.capacity(), 0);
    assert_eq!(pooled(), 1);
}

#[test]
fn the_pool_keeps_a_few_blocks_and_no_grown_ones() {
    let buffers: Vec<_> = (0..2 * POOLED).map(|_| filled(b"a")).collect();
    drop(buffers);
    assert_eq!(pooled(), POOLED);
    drop(filled(&vec![0; BLOCK + 1]));
    assert_eq!(pooled(), POOLED);
}

#[test]
fn lent_bytes_stay_until_the_loan_ends() {
    let mut buffer = filled(b"abcdef");
    buffer.lend(2);
    buffer.lend(4);
    assert_eq!((buffer.lent(), buffer.as_slice()), (&b"abcdef"[..], &b""[..]));
    buffer.take_back(3);
    assert_eq!((buffer.lent(), buffer.as_slice()), (&b"abc"[..], &b"def"[..]));
    buffer.settle_loan();
    assert_eq!((buffer.lent(), buffer.as_slice()), (&b""[..], &b"def"[..]));
    buffer.lend(3);
    buffer.settle_loan();
    assert_eq!(buffer.block.capacity(), 0);
}

#[test]
fn every_other_change_ends_a_loan() {
    let changes: [fn(&mut Buffer); 5] = [
        |buffer| buffer.consume(1),
        |buffer| assert!(buffer.unread(b"x")),
        |buffer| buffer.append(b"x"),
        |buffer| buffer.commit(0),
        |buffer| {
            buffer.spare(1, 1);
        },
    ];
    for change in changes {
        let mut buffer = filled(b"abcdef");
        buffer.lend(2);
        change(&mut buffer);
        assert_eq!(buffer.lent(), b"");
    }
}

#[test]
#[should_panic(expected = "taking back 1 of 0 lent bytes")]
fn bytes_that_are_not_lent_cannot_be_taken_back() {
    filled(b"abc").take_back(1);
}

#[test]
fn memory_grows_with_what_has_come_and_not_with_what_is_wanted() {
    let mut buffer = Buffer::new();
    let mut total = 0;
    while total < 16 << 20 {
        let n = buffer.spare(1 << 30, 1).len();
        assert!(buffer.block.len() <= (2 * total).max(BLOCK));
        buffer.commit(n);
        total += n;
    }
}

#[test]
fn a_size_known_beforehand_takes_little_more_than_itself() {
    for size in [BLOCK + 1, 1 << 20, 1_100_000, 5_000_000] {
        let mut buffer = Buffer::new();
        while buffer.len() < size {
            let hint = size - buffer.len();
            let n = buffer.spare(hint, 1).len().min(hint);
            buffer.commit(n);
        }
        assert!(buffer.block.len() <= size + size / 2 + BLOCK, "{size}: {}", buffer.block.len());
    }
}

#[test]
fn without_memory_for_more_the_buffer_keeps_what_it_has() {
    let mut buffer = filled(b"front");
    memory::with_at_most(2 * BLOCK, || {
        while !buffer.spare(1 << 20, 1).is_empty() {
            buffer.commit(buffer.block.len() - buffer.back);
        }
        assert_eq!(buffer.len(), 2 * BLOCK);
        assert!(!buffer.unread(b"before the front"));
    });
    assert_eq!(&buffer.as_slice()[..5], b"front");
    assert_eq!(buffer.len(), 2 * BLOCK);
    assert!(buffer.unread(b"before the "));
    assert_eq!(&buffer.as_slice()[..16], b"before the front");
}

#[test]
fn bytes_are_put_back_even_where_there_is_no_memory_for_room_beyond_them() {
    let mut buffer = filled(&vec![7; BLOCK]);
    memory::with_at_most(2 * BLOCK, || assert!(buffer.unread(&vec![8; BLOCK])));
    assert_eq!(buffer.as_slice(), [vec![8; BLOCK], vec![7; BLOCK]].concat());
}

#[test]
fn what_a_long_token_needed_is_given_up_after_it() {
    let mut buffer = filled(&vec![7; 4 << 20]);
    buffer.consume((4 << 20) - 10);
    buffer.spare(1, 1);
    assert_eq!(buffer.block.len(), BLOCK);
    assert_eq!(buffer.as_slice(), [7; 10]);
}

#[test]
fn bytes_put_back_where_they_were_taken_move_nothing() {
    let mut buffer = filled(&vec![7; BLOCK]);
    buffer.consume(1000);
    assert_eq!(effort::of(|| assert!(buffer.unread(&[9; 1000]))), 1000);
    assert_eq!(buffer.len(), BLOCK);
}

#[test]
fn bytes_put_back_one_by_one_move_the_others_rarely() {
    let mut buffer = filled(&[7; 1000]);
    let spent = effort::of(|| (0..300_000).for_each(|_| assert!(buffer.unread(b"x"))));
    assert!(spent < 4 * 300_000, "{spent}");
    assert_eq!(buffer.len(), 301_000);
    assert_eq!(buffer.as_slice()[300_000..], [7; 1000]);
}

#[test]
fn a_full_buffer_that_is_read_and_filled_in_small_pieces_moves_each_byte_rarely() {
    let mut buffer = filled(&vec![7; 10 * BLOCK]);
    let spent = effort::of(|| {
        for _ in 0..100_000 {
            buffer.consume(30);
            buffer.append(&[7; 30]);
        }
    });
    assert!(spent < 4 * 3_000_000, "{spent}");
    assert!(buffer.block.len() <= 20 * BLOCK, "{}", buffer.block.len());
}

#[derive(Clone, Debug)]
enum Change {
    Append(usize),
    Consume(usize),
    LendAndTakeBack(usize, usize),
    Unread(usize),
    Settle,
}

fn change() -> impl Strategy<Value = Change> {
    let size = || prop_oneof![3 => 0..40_usize, 1 => 0..3 * BLOCK];
    prop_oneof![
        size().prop_map(Change::Append),
        size().prop_map(Change::Consume),
        (size(), size()).prop_map(|(lent, back)| Change::LendAndTakeBack(lent, back)),
        size().prop_map(Change::Unread),
        Just(Change::Settle),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_buffer_holds_what_a_plain_vector_would(changes in vec(change(), 1..60)) {
        let mut buffer = Buffer::new();
        let mut model: Vec<u8> = Vec::new();
        let mut longest = 0;
        let mut next = 0_u32;
        let mut fresh = |n: usize| -> Vec<u8> {
            next += 1;
            (0..n).map(|at| (at as u32 ^ next.wrapping_mul(167)) as u8).collect()
        };
        for change in changes {
            match change {
                Change::Append(n) => {
                    let bytes = fresh(n);
                    buffer.append(&bytes);
                    model.extend(bytes);
                }
                Change::Consume(n) => {
                    let n = n.min(model.len());
                    buffer.consume(n);
                    model.drain(..n);
                }
                Change::LendAndTakeBack(lent, back) => {
                    let before = buffer.lent().to_vec();
                    let lent = lent.min(model.len());
                    buffer.lend(lent);
                    prop_assert_eq!(buffer.lent(), [&before[..], &model[..lent]].concat());
                    let back = back.min(lent);
                    buffer.take_back(back);
                    model.drain(..lent - back);
                }
                Change::Unread(n) => {
                    let bytes = fresh(n);
                    assert!(buffer.unread(&bytes));
                    model.splice(..0, bytes);
                }
                Change::Settle => buffer.settle_loan(),
            }
            prop_assert!(buffer.as_slice() == model, "{} and {} bytes", buffer.len(), model.len());
            prop_assert_eq!(buffer.is_empty(), model.is_empty());
            longest = longest.max(model.len());
            prop_assert!(buffer.block.len() <= (4 * longest).max(2 * BLOCK));
        }
    }
}
