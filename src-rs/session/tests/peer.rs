//! The far end of a session as a script, its outbox as a record, its clock as a number; asserts nothing.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet, VecDeque},
    io::{self, IoSlice},
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    failure::Failure,
    framing::Want,
    reactor::Ready,
    session::{Answer, OpId, Outbox, Payload, Session, Wanted, Why},
    stream::Stream,
};

/// What the peer does next.
pub enum Arrival {
    Bytes(Vec<u8>),
    End,
    Reset,
    /// A signal interrupts one system call.
    Interrupted,
}

/// What happened to the outgoing direction, besides bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Shutdown,
    Reset,
}

/// Both directions of a scripted connection.
pub struct Wire {
    pub incoming: VecDeque<Arrival>,
    /// What the system took.
    pub taken: Vec<u8>,
    /// How many bytes it still takes, and how many at a time.
    pub room: usize,
    pub at_a_time: usize,
    pub write_error: Option<io::ErrorKind>,
    /// As TLS does: so many bytes are sealed together, and leave together; 0 seals nothing.
    pub sealing: usize,
    pub sealed: Vec<u8>,
    pub begun: usize,
    /// With the number of bytes taken before each.
    pub marks: Vec<(usize, Mark)>,
    pub reads: u64,
    /// Bytes taken by each write.
    pub writes: Vec<usize>,
}

impl Wire {
    /// What the system does with what it is offered.
    fn take(&mut self, bytes: impl Iterator<Item = u8>) -> io::Result<usize> {
        if let Some(kind) = self.write_error {
            return Err(kind.into());
        }
        if self.room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let most = self.room.min(self.at_a_time);
        let bytes = bytes.take(most).collect::<Vec<_>>();
        self.taken.extend(&bytes);
        self.room -= bytes.len();
        self.writes.push(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.sealed.is_empty() {
            let sealed = self.sealed.clone();
            let count = self.take(sealed.into_iter())?;
            self.sealed.drain(..count);
        }
        Ok(())
    }
}

pub struct Scripted {
    wire: Rc<RefCell<Wire>>,
    drained: bool,
}

impl Stream for Scripted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        assert!(!into.is_empty(), "a read into no room would look like the end");
        let mut wire = self.wire.borrow_mut();
        self.drained = true;
        wire.reads += 1;
        match wire.incoming.front_mut() {
            None => Err(io::ErrorKind::WouldBlock.into()),
            Some(Arrival::End) => Ok(0),
            Some(Arrival::Reset) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Arrival::Interrupted) => {
                wire.incoming.pop_front();
                Err(io::ErrorKind::Interrupted.into())
            }
            Some(Arrival::Bytes(bytes)) => {
                let count = bytes.len().min(into.len());
                into[..count].copy_from_slice(&bytes[..count]);
                bytes.drain(..count);
                if bytes.is_empty() {
                    wire.incoming.pop_front();
                }
                self.drained = count < into.len();
                Ok(count)
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.drained
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut wire = self.wire.borrow_mut();
        if wire.sealing == 0 {
            return wire.take(parts.iter().flat_map(|part| part.iter().copied()));
        }
        wire.flush()?;
        if !wire.sealed.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut taken = std::mem::take(&mut wire.begun);
        let offered: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        for piece in offered[taken..].chunks(wire.sealing) {
            wire.sealed = piece.to_vec();
            match wire.flush() {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ if wire.sealed.is_empty() => taken += piece.len(),
                _ => {
                    wire.begun = piece.len();
                    break;
                }
            }
        }
        Ok(taken)
    }

    fn begun(&self) -> usize {
        self.wire.borrow().begun
    }

    fn disown(&mut self, count: usize) {
        self.wire.borrow_mut().begun -= count;
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wire.borrow_mut().flush()
    }

    fn wants_flush(&self) -> bool {
        !self.wire.borrow().sealed.is_empty()
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        let mut wire = self.wire.borrow_mut();
        let mark = (wire.taken.len(), Mark::Shutdown);
        wire.marks.push(mark);
        Ok(())
    }

    fn reset(&mut self) {
        let mut wire = self.wire.borrow_mut();
        let mark = (wire.taken.len(), Mark::Reset);
        wire.marks.push(mark);
    }
}

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
