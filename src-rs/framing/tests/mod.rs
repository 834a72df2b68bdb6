//! Runs a script of reads over scripted chunks; every case goes through it whole, byte by byte and cut in two.

mod cases;
mod cuttings;
mod linear;
mod search;

use std::rc::Rc;

use super::{Boundary, Buffer, LineRule, Markers, Prefix, Reason, Scan, Verdict, Want};

/// A read, repeated until it has given `count` lines, frames or (for [`Want::Some`]) bytes; all others are
/// done once.
#[derive(Clone, Debug)]
struct Step {
    want: Want,
    count: usize,
}

/// What a caller sees of an answer, whatever the cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Data(Vec<u8>, Reason),
    End,
    UnexpectedEnd,
    Limit,
    Malformed,
}

/// How the stream's end is learnt.
#[derive(Clone, Copy, Debug)]
enum Ending {
    WithLastChunk,
    Afterwards,
}

fn once(want: Want) -> Step {
    Step { want, count: 1 }
}

fn until(markers: &[&str], max_size: usize, keep: bool) -> Want {
    let markers: Vec<_> = markers.iter().map(|marker| marker.as_bytes()).collect();
    Want::Until { markers: Rc::new(Markers::new(&markers, Boundary::Any)), max_size, keep }
}

fn lines(max_size: usize, keep: bool, most: u32) -> Want {
    let rule = Rc::new(LineRule::new(b"\n".to_vec(), b"\r".to_vec(), Boundary::Any));
    Want::Lines { rule, max_size, keep, most }
}

fn frames(prefix: Prefix, max_size: usize, most: u32) -> Want {
    Want::Frames { prefix, max_size, most }
}

fn receive(marker: &str, max_size: usize, keep: bool) -> Want {
    let markers = (!marker.is_empty()).then(|| Rc::new(Markers::new(&[marker.as_bytes()], Boundary::Any)));
    Want::Receive { markers, max_size, keep }
}

fn data(bytes: impl AsRef<[u8]>, reason: Reason) -> Seen {
    Seen::Data(bytes.as_ref().to_vec(), reason)
}

fn line(bytes: impl AsRef<[u8]>) -> Seen {
    data(bytes, Reason::Marker)
}

fn sized(bytes: impl AsRef<[u8]>) -> Seen {
    data(bytes, Reason::Size)
}

fn rest(bytes: impl AsRef<[u8]>) -> Seen {
    data(bytes, Reason::End)
}

/// Asserts that `script` over `input` sees `expected`, however it is cut.
#[track_caller]
fn check(input: impl AsRef<[u8]>, script: &[Step], expected: &[Seen]) {
    let input = input.as_ref();
    let seen = run(script, &[input], Ending::Afterwards, &mut || false);
    assert_eq!(seen, expected, "in one chunk");
    assert_same_for_simple_cuts(input, script, expected);
}

#[track_caller]
fn assert_same_for_simple_cuts(input: &[u8], script: &[Step], expected: &[Seen]) {
    for ending in [Ending::WithLastChunk, Ending::Afterwards] {
        let bytes: Vec<_> = input.chunks(1).collect();
        assert_eq!(run(script, &bytes, ending, &mut || false), expected, "byte by byte, end {ending:?}");
        assert_eq!(run(script, &bytes, ending, &mut || true), expected, "byte by byte, each read anew");
        for cut in 0..=input.len() {
            let (first, second) = input.split_at(cut);
            let seen = run(script, &[first, second], ending, &mut || false);
            assert_eq!(seen, expected, "cut at {cut}, end {ending:?}");
        }
    }
}

/// What `script` sees of `chunks`. `cancels` says, each time a read has waited, whether it is given up and
/// called again.
fn run(script: &[Step], chunks: &[&[u8]], ending: Ending, cancels: &mut dyn FnMut() -> bool) -> Vec<Seen> {
    let mut chunks = chunks.iter();
    let mut ended = false;
    let mut buffer = Buffer::new();
    let mut seen = Vec::new();
    let mut scan = Scan::default();
    let mut before: Option<&Want> = None;
    for Step { want, count } in script {
        // A search that consumed nothing is carried on by the next read for the same markers.
        if !before.is_some_and(|before| is_same_search(before, want)) {
            scan = Scan::default();
        }
        before = Some(want);
        let mut left = *count;
        while left > 0 {
            let want = &match want {
                Want::Some { .. } => Want::Some { max: left },
                want => want.clone(),
            };
            let verdict = want.judge(buffer.as_slice(), ended, &mut scan);
            if verdict != Verdict::More {
                left = left.saturating_sub(answer(want, left, verdict, &mut buffer, &mut seen));
                continue;
            }
            assert!(!ended, "{want:?} waits after the end");
            match chunks.next() {
                Some(chunk) => buffer.append(chunk),
                None => ended = true,
            }
            ended |= matches!(ending, Ending::WithLastChunk) && chunks.len() == 0;
            if cancels() {
                scan = Scan::default();
            }
        }
    }
    seen
}

/// Takes what `verdict` says, at most `left` items; how many items that were.
fn answer(want: &Want, left: usize, verdict: Verdict, buffer: &mut Buffer, seen: &mut Vec<Seen>) -> usize {
    let taken = match verdict {
        Verdict::More => unreachable!(),
        Verdict::Take(taken) => taken,
        Verdict::End => return end(seen, Seen::End),
        Verdict::UnexpectedEnd => return end(seen, Seen::UnexpectedEnd),
        Verdict::Limit { .. } => return end(seen, Seen::Limit),
        Verdict::Malformed(_) => return end(seen, Seen::Malformed),
    };
    let bytes = buffer.as_slice()[..taken.consumed].to_vec();
    let region = &bytes[taken.data.clone()];
    match want {
        Want::Some { .. } => {
            // Pieces depend on the cuts, the bytes in them do not.
            seen.extend(region.iter().map(|byte| sized([*byte])));
            buffer.consume(taken.consumed);
            region.len()
        }
        Want::Lines { rule, keep, most, .. } if taken.items > 1 => {
            assert!(taken.items <= *most);
            let places: Vec<_> = rule.split(region, *keep).collect();
            assert_eq!(places.len(), taken.items as usize);
            let used = left.min(places.len());
            seen.extend(places[..used].iter().map(|place| line(&bytes[place.clone()])));
            buffer.lend(taken.consumed);
            assert_eq!(buffer.lent(), bytes);
            buffer.take_back(taken.consumed - rule.skip(&bytes, used));
            buffer.settle_loan();
            used
        }
        Want::Frames { prefix, most, .. } if taken.items > 1 => {
            assert!(taken.items <= *most);
            let places: Vec<_> = prefix.split(region).collect();
            assert_eq!(places.len(), taken.items as usize);
            let used = left.min(places.len());
            seen.extend(places[..used].iter().map(|place| sized(&region[place.clone()])));
            buffer.consume(taken.consumed);
            assert!(buffer.unread(&bytes[prefix.skip(&bytes, used)..]));
            used
        }
        _ => {
            assert_eq!(taken.items, 1);
            seen.push(Seen::Data(region.to_vec(), taken.reason));
            buffer.consume(taken.consumed);
            1
        }
    }
}

fn end(seen: &mut Vec<Seen>, what: Seen) -> usize {
    seen.push(what);
    usize::MAX
}

/// Whether a scan of `one` may be carried on for `other` at the same place.
fn is_same_search(one: &Want, other: &Want) -> bool {
    match (one, other) {
        (Want::Until { markers: one, .. }, Want::Until { markers: other, .. }) => Rc::ptr_eq(one, other),
        (Want::Lines { rule: one, .. }, Want::Lines { rule: other, .. }) => Rc::ptr_eq(one, other),
        _ => false,
    }
}
