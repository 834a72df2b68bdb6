//! Random schedules of reads, timeouts, aborts and arrivals against a model that holds the whole stream: every byte is read
//! once and in order, and every answer is the one that the stream itself calls for.

use std::rc::Rc;

use super::{
    peer::{Bench, Told},
    wire::Arrival,
};
use crate::{
    framing::{Boundary, LineRule, Markers, Prefix, Scan, Verdict, Want},
    session::{OpId, Wanted, Why},
};

const SCHEDULES: u64 = 100_000;

/// SplitMix64: the same schedules on every machine, each named by its number.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What searches share, so that one can go on where another left off.
struct Shared {
    markers: [Rc<Markers>; 2],
    rules: [Rc<LineRule>; 2],
}

const MARKERS: [&[&[u8]]; 2] = [&[b"\n"], &[b"ab", b"\r\n", b"aab"]];

impl Shared {
    fn new() -> Shared {
        let rule = |marker: &[u8], carriage_return: &[u8]| {
            Rc::new(LineRule::new(marker.to_vec(), carriage_return.to_vec(), Boundary::Any))
        };
        Shared {
            markers: MARKERS.map(|markers| Rc::new(Markers::new(markers, Boundary::Any))),
            rules: [rule(b"\n", b"\r"), rule(b"ab", b"")],
        }
    }
}

/// A read that was called and has not ended.
struct Waiting {
    op: OpId,
    wanted: Wanted,
    due: Option<u64>,
}

/// The model: everything the peer will ever send, and how far it has been read.
struct Model<'a> {
    bench: Bench,
    shared: &'a Shared,
    stream: Vec<u8>,
    read: usize,
    /// Whether the stream ends in a reset.
    reset: bool,
    /// The kinds of read of this schedule: few of them meet more often than all do.
    kinds: Vec<usize>,
    waiting: Vec<Waiting>,
    /// After an answer of several items: where each of them begins, and where the last one ends.
    loan: Vec<usize>,
}

impl Model<'_> {
    fn rest(&self) -> &[u8] {
        &self.stream[self.read..]
    }

    fn call(&mut self, wanted: Wanted, wait: Option<u64>, refused: bool) {
        let copy = match &wanted {
            Wanted::Buffered(want) => Wanted::Buffered(want.clone()),
            Wanted::Examined { max_size } => Wanted::Examined { max_size: *max_size },
            Wanted::Fill { size } => Wanted::Fill { size: *size },
        };
        // The number that the bench will give it.
        let op = self.bench.op() + 1;
        if refused {
            self.bench.record.refused.insert(op);
        }
        self.waiting.push(Waiting { op, wanted: copy, due: wait.map(|wait| self.bench.millis + wait) });
        self.loan.clear();
        assert_eq!(self.bench.wanted(wanted, wait), op);
        self.bench.poll();
    }

    /// Compares everything told since the last time with what the stream says.
    fn check(&mut self) {
        for (op, told) in self.bench.told() {
            let at = self.waiting.iter().position(|read| read.op == op).expect("each read ends once");
            let read = self.waiting.remove(at);
            let is_refused = self.bench.record.refused.remove(&op) && matches!(told, Told::Bytes { .. });
            let is_due = read.due.is_some_and(|due| due <= self.bench.millis);
            match &told {
                Told::Failed { code, written: 0 } if code == "ETIMEDOUT" => assert!(is_due),
                Told::Bytes { bytes, why: Why::Timeout, .. } => {
                    let Wanted::Buffered(Want::Receive { max_size, .. }) = read.wanted else {
                        panic!("only receive() gives what came by its deadline");
                    };
                    assert!(is_due && bytes.len() <= max_size && self.rest().starts_with(bytes));
                    assert!(at == 0 || bytes.is_empty(), "what is there belongs to the first read");
                    self.read += if is_refused { 0 } else { bytes.len() };
                }
                _ => {
                    assert_eq!(at, 0, "reads are answered in the order of their calls");
                    let taken = self.judge(&read.wanted, &told);
                    if is_refused {
                        self.loan.clear();
                    } else {
                        self.read += taken;
                    }
                }
            }
        }
    }

    /// Asserts that `told` is the answer of the stream; gives how many bytes it takes.
    fn judge(&mut self, wanted: &Wanted, told: &Told) -> usize {
        let rest = self.stream[self.read..].to_vec();
        let at_end = if self.reset { "ECONNRESET" } else { "ERR_UNEXPECTED_END" };
        let failure = |expected: &str| {
            assert!(matches!(told, Told::Failed { code, written: 0 } if code == expected), "{told:?}");
            0
        };
        match wanted {
            Wanted::Fill { size } if rest.len() < *size => failure(at_end),
            Wanted::Fill { size } => {
                assert_eq!(told, &Told::Filled(rest[..*size].to_vec()));
                *size
            }
            Wanted::Examined { max_size } => {
                let seen = &rest[..rest.len().min(*max_size)];
                match seen.iter().position(|byte| *byte == b'\n') {
                    Some(at) => bytes_of(told, &rest[..=at], at + 1),
                    None if seen.len() == *max_size => failure("ERR_LIMIT"),
                    None => failure(at_end),
                }
            }
            Wanted::Buffered(Want::Some { max }) if *max > 0 && !rest.is_empty() => {
                let Told::Bytes { bytes, why: Why::Size, .. } = told else { panic!("{told:?}") };
                assert!(!bytes.is_empty() && bytes.len() <= *max && rest.starts_with(bytes));
                bytes.len()
            }
            Wanted::Buffered(want) => match single(want).judge(&rest, !self.reset, &mut Scan::default()) {
                Verdict::More => failure("ECONNRESET"),
                Verdict::End => {
                    assert_eq!(told, &Told::End);
                    0
                }
                Verdict::UnexpectedEnd => failure("ERR_UNEXPECTED_END"),
                Verdict::Limit { .. } => failure("ERR_LIMIT"),
                Verdict::Malformed(_) => failure("ERR_INVALID_FRAME"),
                Verdict::Take(taken) => match told {
                    Told::Bytes { items, .. } if *items > 1 => self.judge_several(want, *items, told),
                    _ => bytes_of(told, &rest[taken.data], taken.consumed),
                },
            },
        }
    }

    /// The same for several lines or frames at once, each of which has to be the answer of a call of its own.
    fn judge_several(&mut self, want: &Want, items: u32, told: &Told) -> usize {
        let rest = self.stream[self.read..].to_vec();
        let mut at = 0;
        for _ in 0..items {
            self.loan.push(self.read + at);
            match single(want).judge(&rest[at..], false, &mut Scan::default()) {
                Verdict::Take(taken) => at += taken.consumed,
                verdict => panic!("not an item: {verdict:?}"),
            }
        }
        self.loan.push(self.read + at);
        let marker = if let Want::Lines { rule, .. } = want { rule.marker.len() } else { 0 };
        bytes_of(told, &rest[..at - marker], at)
    }

    /// One step of the schedule.
    fn step(&mut self, random: &mut Random, arrived: &mut usize) {
        match random.below(100) {
            0..40 => {
                let wanted = self.wanted(random);
                let wait = random.chance(60).then(|| 1 + random.below(6) as u64);
                self.call(wanted, wait, random.chance(5));
            }
            40..52 if !self.waiting.is_empty() => {
                let at = random.below(self.waiting.len());
                let read = self.waiting.remove(at);
                assert_eq!(self.bench.cancel(read.op), Some(0), "a read that waits can be given up");
            }
            52..68 => {
                self.bench.pass(random.below(4) as u64);
                self.check();
                let now = self.bench.millis;
                assert!(self.waiting.iter().all(|read| read.due.is_none_or(|due| due > now)), "a late read");
            }
            68..92 => {
                let most = if random.chance(30) { 24 } else { 7 };
                let count = random.below(most).min(self.stream.len() - *arrived);
                if count > 0 {
                    let bytes = self.stream[*arrived..*arrived + count].to_vec();
                    *arrived += count;
                    self.bench.wire.borrow_mut().incoming.push_back(Arrival::Bytes(bytes));
                    if random.chance(10) {
                        self.bench.wire.borrow_mut().incoming.push_back(Arrival::Interrupted);
                    }
                }
                // Else the loop has not turned yet.
                if random.chance(80) {
                    self.bench.poll();
                }
            }
            92..97 if !self.loan.is_empty() => {
                let used = random.below(self.loan.len());
                self.bench.session.give_back(used);
                self.read = self.loan[used];
                self.loan.clear();
            }
            97..100 if self.waiting.is_empty() => {
                let bytes = random_bytes(random, 5);
                self.bench.session.unread(&bytes).expect("nothing waits");
                self.stream.splice(self.read..self.read, bytes.iter().copied());
                *arrived += bytes.len();
                self.loan.clear();
            }
            _ => {}
        }
        self.check();
    }

    fn wanted(&self, random: &mut Random) -> Wanted {
        let max_size = if random.chance(40) { random.below(10) } else { usize::MAX };
        let most = [1, 1, 2, 3, u32::MAX][random.below(5)];
        let keep = random.chance(50);
        let which = random.below(2);
        Wanted::Buffered(match self.kinds[random.below(self.kinds.len())] {
            0 => Want::Some { max: random.below(9) },
            1 => Want::Exactly { size: random.below(12) },
            2 => Want::Until { markers: self.shared.markers[which].clone(), max_size, keep },
            3 => Want::Lines { rule: self.shared.rules[which].clone(), max_size, keep, most },
            4 => Want::All { max_size },
            5 => {
                let prefix = [Prefix::U8, Prefix::U16be, Prefix::Varint][random.below(3)];
                Want::Frames { prefix, max_size, most }
            }
            6 => {
                let markers = random.chance(70).then(|| self.shared.markers[which].clone());
                Want::Receive { markers, max_size, keep }
            }
            7 => return Wanted::Examined { max_size },
            _ => return Wanted::Fill { size: random.below(12) },
        })
    }

    /// Lets everything arrive, gives up what waits and reads what is left.
    fn drain(&mut self, arrived: usize) {
        let bytes = self.stream[arrived..].to_vec();
        if !bytes.is_empty() {
            self.bench.arrive(&bytes);
        }
        self.bench.happen(if self.reset { Arrival::Reset } else { Arrival::End });
        self.check();
        assert!(self.waiting.is_empty(), "after the end every read is answered");
        let all =
            if self.reset { Want::Some { max: usize::MAX } } else { Want::All { max_size: usize::MAX } };
        while self.read < self.stream.len() {
            self.call(Wanted::Buffered(all.clone()), None, false);
            self.check();
        }
        assert_eq!(self.bench.session.buffered(), 0);
        self.call(Wanted::Buffered(Want::Some { max: 1 }), None, false);
        self.check();
        assert!(self.waiting.is_empty());
    }
}

/// The want of a call for one item.
fn single(want: &Want) -> Want {
    let mut want = want.clone();
    if let Want::Lines { most, .. } | Want::Frames { most, .. } = &mut want {
        *most = 1;
    }
    want
}

fn bytes_of(told: &Told, expected: &[u8], consumed: usize) -> usize {
    let Told::Bytes { bytes, .. } = told else { panic!("{told:?}, expected {expected:?}") };
    assert_eq!(bytes, expected);
    consumed
}

/// Bytes that are markers, parts of markers and short lengths more often than not.
fn random_bytes(random: &mut Random, most: usize) -> Vec<u8> {
    const TELLING: &[u8] = b"aaab\n\n\rb\0\0\x01\x02\x03\x84x";
    (0..random.below(most + 1)).map(|_| TELLING[random.below(TELLING.len())]).collect()
}

fn run(number: u64, shared: &Shared) {
    let mut random = Random(number);
    let stream = random_bytes(&mut random, 48);
    let mut arrived = random.below(4).min(stream.len());
    let bench = Bench::with_early(&stream[..arrived]);
    let reset = random.chance(30);
    let kinds = (0..1 + random.below(5)).map(|_| random.below(9)).collect();
    let mut model =
        Model { bench, shared, stream, read: 0, reset, kinds, waiting: Vec::new(), loan: Vec::new() };
    for _ in 0..random.below(60) {
        model.step(&mut random, &mut arrived);
    }
    model.drain(arrived);
}

#[test]
fn a_hundred_thousand_schedules_of_timeout_abort_and_arrival_lose_no_byte() {
    let shared = Shared::new();
    for number in 0..SCHEDULES {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(number, &shared)));
        if let Err(panic) = outcome {
            eprintln!("schedule {number}");
            std::panic::resume_unwind(panic);
        }
    }
}
