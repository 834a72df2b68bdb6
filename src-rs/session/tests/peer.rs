//! A session with its outbox as a record and its clock as a number; asserts nothing.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet, VecDeque},
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    failure::Failure,
    framing::Want,
    reactor::Ready,
    session::{Answer, OpId, Outbox, Payload, Session, Wanted, Why},
};

use super::wire::{Arrival, Scripted, Wire};

/// What the outbox was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Bytes { bytes: Vec<u8>, why: Why, items: u32 },
    Filled(Vec<u8>),
    End,
    Written,
    Failed { code: String, written: u64 },
}

/// An outbox that keeps everything.
#[derive(Default)]
pub struct Record {
    pub told: Vec<(OpId, Told)>,
    /// The memory of filling reads; take one away to detach it.
    pub targets: HashMap<OpId, Vec<u8>>,
    /// The memory of writes that were not copied.
    pub sources: HashMap<OpId, Vec<u8>>,
    /// Operations whose answers are refused.
    pub refused: HashSet<OpId>,
}

impl Outbox for Record {
    fn answer(&mut self, op: OpId, answer: Answer<'_>) -> bool {
        let told = match answer {
            Answer::Bytes { bytes, why, items } => Told::Bytes { bytes: bytes.to_vec(), why, items },
            Answer::Owned { bytes, why } => Told::Bytes { bytes, why, items: 1 },
            Answer::Filled(size) => {
                let target = self.targets.remove(&op).expect("a filling read has memory");
                assert_eq!(target.len(), size);
                Told::Filled(target)
            }
            Answer::End => Told::End,
        };
        self.told.push((op, told));
        !self.refused.contains(&op)
    }

    fn written(&mut self, op: OpId) {
        self.told.push((op, Told::Written));
    }

    fn failed(&mut self, op: OpId, failure: Failure, written: u64) {
        self.told.push((op, Told::Failed { code: failure.code, written }));
    }

    fn target(&mut self, op: OpId) -> Option<&mut [u8]> {
        self.targets.get_mut(&op).map(Vec::as_mut_slice)
    }

    /// Content with a line.
    fn examine(&mut self, _: OpId, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
    }

    fn source(&mut self, op: OpId) -> Option<&[u8]> {
        self.sources.get(&op).map(Vec::as_slice)
    }
}

/// A session with its far end, its record and its clock.
pub struct Bench {
    pub session: Session<Scripted>,
    pub wire: Rc<RefCell<Wire>>,
    pub record: Record,
    start: Instant,
    pub millis: u64,
    next: OpId,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::with_early(b"")
    }

    pub fn with_early(early: &[u8]) -> Bench {
        let wire = Wire {
            incoming: VecDeque::new(),
            taken: Vec::new(),
            room: usize::MAX,
            at_a_time: usize::MAX,
            write_error: None,
            sealing: 0,
            sealed: Vec::new(),
            begun: 0,
            marks: Vec::new(),
            reads: 0,
            writes: Vec::new(),
        };
        let wire = Rc::new(RefCell::new(wire));
        let session = Session::new(Scripted { wire: wire.clone(), drained: true }, early);
        Bench { session, wire, record: Record::default(), start: Instant::now(), millis: 0, next: 0 }
    }

    pub fn op(&mut self) -> OpId {
        self.next += 1;
        self.next
    }

    /// The moment `wait` milliseconds from now.
    pub fn after(&self, wait: u64) -> Instant {
        self.start + Duration::from_millis(self.millis + wait)
    }

    pub fn read(&mut self, want: Want) -> OpId {
        self.wanted(Wanted::Buffered(want), None)
    }

    pub fn read_within(&mut self, wait: u64, want: Want) -> OpId {
        self.wanted(Wanted::Buffered(want), Some(wait))
    }

    pub fn fill(&mut self, size: usize, wait: Option<u64>) -> OpId {
        self.wanted(Wanted::Fill { size }, wait)
    }

    pub fn wanted(&mut self, wanted: Wanted, wait: Option<u64>) -> OpId {
        let op = self.op();
        if let Wanted::Fill { size } = wanted {
            self.record.targets.insert(op, vec![0; size]);
        }
        let deadline = wait.map(|wait| self.after(wait));
        self.session.read(op, wanted, deadline, &mut self.record);
        op
    }

    /// Writes a copy, as a caller does: what the system takes at once is not queued.
    pub fn write(&mut self, bytes: &[u8], wait: Option<u64>) -> OpId {
        let op = self.op();
        let deadline = wait.map(|wait| self.after(wait));
        match self.session.try_write(&[bytes]) {
            Ok(sent) if sent == bytes.len() => self.record.written(op),
            Ok(sent) => {
                let rest = Payload::Owned(bytes[sent..].to_vec());
                self.session.queue_write(op, rest, sent as u64, deadline, &mut self.record);
            }
            Err(failure) => self.record.failed(op, failure, 0),
        }
        op
    }

    /// Writes out of the caller's own memory.
    pub fn write_lent(&mut self, bytes: &[u8]) -> OpId {
        let op = self.op();
        self.record.sources.insert(op, bytes.to_vec());
        self.session.queue_write(op, Payload::Lent(bytes.len()), 0, None, &mut self.record);
        op
    }

    pub fn cancel(&mut self, op: OpId) -> Option<u64> {
        self.session.cancel(op, &mut self.record)
    }

    pub fn arrive(&mut self, bytes: &[u8]) {
        self.happen(Arrival::Bytes(bytes.to_vec()));
    }

    pub fn happen(&mut self, arrival: Arrival) {
        self.wire.borrow_mut().incoming.push_back(arrival);
        self.poll();
    }

    /// Lets time pass, then turns the loop.
    pub fn pass(&mut self, millis: u64) {
        self.millis += millis;
        self.session.expire(self.after(0), &mut self.record);
        self.poll();
    }

    /// What an event loop does: tells what is ready, for as long as anything that is waited for is.
    pub fn poll(&mut self) {
        for _ in 0..1000 {
            let interest = self.session.interest();
            let ready = {
                let wire = self.wire.borrow();
                let write = wire.room > 0 || wire.write_error.is_some();
                Ready { read: interest.read && !wire.incoming.is_empty(), write: interest.write && write }
            };
            if ready == Ready::NONE {
                return;
            }
            self.session.ready(ready, &mut self.record);
        }
        panic!("the session wants to be told what it does not use");
    }

    /// What was told since the last time.
    pub fn told(&mut self) -> Vec<(OpId, Told)> {
        std::mem::take(&mut self.record.told)
    }
}

/// Bytes that end as wanted: a marker, where there is one.
pub fn marked(bytes: &[u8]) -> Told {
    Told::Bytes { bytes: bytes.to_vec(), why: Why::Marker, items: 1 }
}

pub fn sized(bytes: &[u8]) -> Told {
    Told::Bytes { bytes: bytes.to_vec(), why: Why::Size, items: 1 }
}

pub fn ended(bytes: &[u8]) -> Told {
    Told::Bytes { bytes: bytes.to_vec(), why: Why::End, items: 1 }
}

pub fn timed(bytes: &[u8]) -> Told {
    Told::Bytes { bytes: bytes.to_vec(), why: Why::Timeout, items: 1 }
}

pub fn failed(code: &str, written: u64) -> Told {
    Told::Failed { code: code.into(), written }
}

/// A connection whose system takes no byte.
pub fn stuck() -> Bench {
    let bench = Bench::new();
    bench.wire.borrow_mut().room = 0;
    bench
}

/// The system takes `room` bytes more.
pub fn give_room(bench: &mut Bench, room: usize) {
    bench.wire.borrow_mut().room = room;
    bench.poll();
}
