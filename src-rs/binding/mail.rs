//! The mailbox between native code and JavaScript: what has settled, what is kept for what waits. Knows no sessions.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    mem,
    rc::Rc,
    slice,
};

use napi::sys;

use super::{
    codec::Codec,
    failures::failure_value,
    memory::{Pool, Reference},
};
use crate::{failure::Failure, session::OpId};

/// Numbers in a record, and in the header before the records: see `src-ts/mailbox.ts`, which reads them.
const RECORD: usize = 6;
const HEADER: usize = 11;
/// Records that fit the mailbox at a time.
pub const CAPACITY: usize = 512;
/// The mailbox's length in numbers.
pub const MAIL_LENGTH: usize = HEADER + RECORD * CAPACITY;

/// The operation failed; its value is a `NativeFailure`.
pub const FAILED: u32 = 1;
/// The text has carriage returns to strip.
pub const HAS_CARRIAGE_RETURN: u32 = 2;
/// The value is the record's own `number`; there is none in the array.
const NUMBER: u32 = 4;
/// The value is `null`; there is none in the array.
const NULL: u32 = 8;

/// What one environment keeps between its connections and JavaScript.
pub struct Mailbox {
    env: sys::napi_env,
    /// A `Float64Array` of [`MAIL_LENGTH`] and an array of as many values as records. Both belong to the module alone.
    numbers: *mut f64,
    _numbers: Reference,
    values: Reference,
    pool: RefCell<Pool>,
    records: RefCell<VecDeque<Record>>,
    /// Where in the array of values the next record's value goes; JavaScript empties the array with the last record.
    next_value: Cell<u32>,
    /// Values of records that have been delivered since the array was last emptied.
    delivered: Cell<u32>,
    /// Caller's memory of the operations that wait, and how the texts that wait are to be read.
    lent: RefCell<HashMap<OpId, Reference>>,
    codecs: RefCell<HashMap<OpId, Rc<Codec>>>,
}

/// A settled operation; its value, unless a number or null, is already in the array of values, in the records' order.
struct Record {
    op: OpId,
    extras: Extras,
}

/// The numbers that come with a value.
#[derive(Clone, Copy, Default)]
pub struct Extras {
    pub why: u32,
    pub number: f64,
    pub items: u32,
    pub flags: u32,
    pub place: usize,
}

impl Mailbox {
    /// A mailbox over `numbers` (a `Float64Array` of [`MAIL_LENGTH`]) and `values` (an array).
    pub fn new(env: sys::napi_env, numbers: (sys::napi_value, *mut f64), values: sys::napi_value) -> Mailbox {
        Mailbox {
            env,
            numbers: numbers.1,
            _numbers: Reference::new(env, numbers.0),
            values: Reference::new(env, values),
            pool: RefCell::default(),
            records: RefCell::default(),
            next_value: Cell::new(0),
            delivered: Cell::new(0),
            lent: RefCell::default(),
            codecs: RefCell::default(),
        }
    }

    /// The environment the values are made in.
    pub fn env(&self) -> sys::napi_env {
        self.env
    }

    /// Cuts small answers from `memory` from now on.
    pub fn renew_pool(&self, memory: sys::napi_value) {
        self.pool.borrow_mut().renew(Reference::new(self.env, memory));
        self.header()[0] = 0.0;
    }

    /// Keeps the memory that a waiting operation reads into or writes from.
    pub fn lend(&self, op: OpId, memory: sys::napi_value) {
        self.lent.borrow_mut().insert(op, Reference::new(self.env, memory));
    }

    /// Keeps how the text of a waiting read is to be decoded.
    pub fn decode_by(&self, op: OpId, codec: &Rc<Codec>) {
        self.codecs.borrow_mut().insert(op, codec.clone());
    }

    /// Forgets what was kept for an operation.
    pub fn forget(&self, op: OpId) {
        // Most of the time nothing is kept for anyone, and looking costs a hash.
        let mut lent = self.lent.borrow_mut();
        if !lent.is_empty() {
            lent.remove(&op);
        }
        let mut codecs = self.codecs.borrow_mut();
        if !codecs.is_empty() {
            codecs.remove(&op);
        }
    }

    /// A value for an operation that no session settled, such as a dial.
    pub fn settle(&self, op: OpId, result: Result<sys::napi_value, Failure>) {
        match result {
            Ok(value) => self.push(op, value, Extras::default()),
            Err(failure) => self.push(
                op,
                failure_value(self.env, failure, 0),
                Extras { flags: FAILED, ..Extras::default() },
            ),
        }
    }

    /// Puts the next records into the mailbox and gives how many there are; the header says so too, where their values
    /// start, and how many records are left.
    pub fn deliver(&self) -> u32 {
        let mut records = self.records.borrow_mut();
        let first = self.delivered.get();
        let mut placed = 0;
        let count = records.len().min(CAPACITY);
        // SAFETY: `numbers` has MAIL_LENGTH places, which nobody else reads or writes during this call.
        let numbers = unsafe { slice::from_raw_parts_mut(self.numbers.add(HEADER), RECORD * CAPACITY) };
        for (record, fields) in records.drain(..count).zip(numbers.chunks_exact_mut(RECORD)) {
            let Extras { why, number, items, flags, place } = record.extras;
            placed += u32::from(flags & (NUMBER | NULL) == 0);
            fields.copy_from_slice(&[
                record.op.into(),
                why.into(),
                number,
                items.into(),
                flags.into(),
                place as f64,
            ]);
        }
        self.delivered.set(first + placed);
        if records.is_empty() {
            self.delivered.set(0);
            self.next_value.set(0);
        }
        self.header()[6..8].copy_from_slice(&[first.into(), records.len() as f64]);
        self.header()[10] = count as f64;
        count as u32
    }

    /// Settles an operation with a value.
    pub fn push(&self, op: OpId, value: sys::napi_value, extras: Extras) {
        let place = self.next_value.replace(self.next_value.get() + 1);
        // SAFETY: a live environment, an array of the module's own.
        unsafe { sys::napi_set_element(self.env, self.values.get(), place, value) };
        self.records.borrow_mut().push_back(Record { op, extras });
    }

    /// Tells JavaScript whether it will be asked for what it has written.
    pub fn set_in_turn(&self, in_turn: bool) {
        self.header()[9] = in_turn.into();
    }

    /// Whether JavaScript has written something since this was last asked.
    pub fn take_unsent(&self) -> bool {
        mem::take(&mut self.header()[8]) != 0.0
    }

    #[allow(clippy::mut_from_ref)]
    fn header(&self) -> &mut [f64] {
        // SAFETY: as in `deliver`.
        unsafe { slice::from_raw_parts_mut(self.numbers, HEADER) }
    }

    /// Settles an operation with a number, which needs no JavaScript value.
    pub fn push_number(&self, op: OpId, number: f64, extras: Extras) {
        let extras = Extras { number, flags: NUMBER, ..extras };
        self.records.borrow_mut().push_back(Record { op, extras });
    }

    /// Settles an operation with `null`.
    pub fn push_null(&self, op: OpId) {
        let extras = Extras { flags: NULL, ..Extras::default() };
        self.records.borrow_mut().push_back(Record { op, extras });
    }

    /// The memory that was lent for a waiting operation.
    pub fn memory(&self, op: OpId) -> Option<sys::napi_value> {
        self.lent.borrow().get(&op).map(Reference::get)
    }

    /// How the text of a waiting read is to be decoded.
    pub fn codec(&self, op: OpId) -> Option<Rc<Codec>> {
        self.codecs.borrow().get(&op).cloned()
    }

    /// Puts the extras of a call's own result into the header.
    pub fn tell(&self, extras: Extras) {
        let Extras { why, number, items, flags, place } = extras;
        self.header()[1..6].copy_from_slice(&[why.into(), number, items.into(), flags.into(), place as f64]);
    }

    /// Puts small bytes into the pool, and asks for a new pool when it is full.
    pub fn pooled(&self, bytes: &[u8]) -> Option<usize> {
        let mut pool = self.pool.borrow_mut();
        let place = pool.put(self.env, bytes);
        if pool.is_spent() {
            self.header()[0] = 1.0;
        }
        place
    }
}
