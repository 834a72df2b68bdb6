//! A session's outbox towards JavaScript: answers become values, settled operations become records. Knows no sockets.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    mem, ptr,
    rc::Rc,
    slice,
};

use napi::sys;

use super::{
    codec::Codec,
    failures::failure_value,
    memory::{Pool, Reference, Value, copied, null, number, undefined, view, view_mut},
};
use crate::{
    failure::Failure,
    session::{Answer, OpId, Outbox, Why},
};

/// Numbers in a record, and in the header before the records: see `src-ts/mailbox.ts`, which reads them.
const RECORD: usize = 6;
const HEADER: usize = 10;
/// Records that fit the mailbox at a time.
pub const CAPACITY: usize = 512;
/// The mailbox's length in numbers.
pub const MAIL_LENGTH: usize = HEADER + RECORD * CAPACITY;

/// The operation failed; its value is a `NativeFailure`.
const FAILED: u32 = 1;
/// The text has carriage returns to strip.
const HAS_CARRIAGE_RETURN: u32 = 2;
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
struct Extras {
    why: u32,
    number: f64,
    items: u32,
    flags: u32,
    place: usize,
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
            Err(failure) => Post { mailbox: self, direct: None }.failed(op, failure, 0),
        }
    }

    /// Puts the next records into the mailbox and says how many there are; the header says where their values start
    /// and how many records are left.
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
        count as u32
    }

    fn push(&self, op: OpId, value: sys::napi_value, extras: Extras) {
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

    fn tell(&self, extras: Extras) {
        let Extras { why, number, items, flags, place } = extras;
        self.header()[1..6].copy_from_slice(&[why.into(), number, items.into(), flags.into(), place as f64]);
    }

    /// Puts small bytes into the pool, and asks for a new pool when it is full.
    fn pooled(&self, bytes: &[u8]) -> Option<usize> {
        let mut pool = self.pool.borrow_mut();
        let place = pool.put(self.env, bytes);
        if pool.is_spent() {
            self.header()[0] = 1.0;
        }
        place
    }
}

/// The operation that is being called right now: its result goes back as the call's own.
pub struct Direct {
    pub op: OpId,
    pub memory: Option<sys::napi_value>,
    pub codec: Option<Rc<Codec>>,
    pub result: Option<sys::napi_value>,
}

/// A session's outbox for the time of one call.
pub struct Post<'a> {
    pub mailbox: &'a Mailbox,
    pub direct: Option<Direct>,
}

impl Post<'_> {
    fn put(&mut self, op: OpId, value: sys::napi_value, extras: Extras) {
        if let Some(direct) = self.direct.as_mut().filter(|direct| direct.op == op) {
            self.mailbox.tell(extras);
            direct.result = Some(value);
            return;
        }
        self.mailbox.forget(op);
        self.mailbox.push(op, value, extras);
    }

    fn put_number(&mut self, op: OpId, value: f64, extras: Extras) {
        if self.is_direct(op) {
            return self.put(op, number(self.mailbox.env, value), extras);
        }
        self.mailbox.forget(op);
        let extras = Extras { number: value, flags: NUMBER, ..extras };
        self.mailbox.records.borrow_mut().push_back(Record { op, extras });
    }

    fn put_null(&mut self, op: OpId) {
        if self.is_direct(op) {
            return self.put(op, null(self.mailbox.env), Extras::default());
        }
        self.mailbox.forget(op);
        let extras = Extras { flags: NULL, ..Extras::default() };
        self.mailbox.records.borrow_mut().push_back(Record { op, extras });
    }

    fn is_direct(&self, op: OpId) -> bool {
        self.direct.as_ref().is_some_and(|direct| direct.op == op)
    }

    fn codec(&self, op: OpId) -> Option<Rc<Codec>> {
        match self.direct.as_ref().filter(|direct| direct.op == op) {
            Some(direct) => direct.codec.clone(),
            None => self.mailbox.codecs.borrow().get(&op).cloned(),
        }
    }

    fn memory(&self, op: OpId) -> Option<sys::napi_value> {
        match self.direct.as_ref().filter(|direct| direct.op == op) {
            Some(direct) => direct.memory,
            None => self.mailbox.lent.borrow().get(&op).map(Reference::get),
        }
    }
}

impl Outbox for Post<'_> {
    fn answer(&mut self, op: OpId, answer: Answer<'_>) -> bool {
        let (bytes, mut extras) = match answer {
            Answer::End => {
                self.put_null(op);
                return true;
            }
            Answer::Filled(size) => {
                self.put_number(op, size as f64, Extras::default());
                return true;
            }
            Answer::Bytes { bytes, why, items } => {
                let why = match why {
                    Why::Marker => 0,
                    Why::Size => 1,
                    Why::Timeout => 2,
                    Why::End => 3,
                };
                (bytes, Extras { why, items, ..Extras::default() })
            }
        };
        let Some(codec) = self.codec(op) else {
            match self.mailbox.pooled(bytes) {
                Some(place) => self.put_number(op, bytes.len() as f64, Extras { place, ..extras }),
                None => self.put(op, copied(self.mailbox.env, bytes), extras),
            }
            return true;
        };
        match codec.present(self.mailbox.env, bytes, extras.items) {
            Ok(text) => {
                extras.flags = if text.has_carriage_return { HAS_CARRIAGE_RETURN } else { 0 };
                self.put(op, text.value, extras);
                true
            }
            Err(failure) => {
                self.failed(op, failure, 0);
                false
            }
        }
    }

    fn written(&mut self, op: OpId) {
        self.put_null(op);
    }

    fn failed(&mut self, op: OpId, failure: Failure, written: u64) {
        let value = failure_value(self.mailbox.env, failure, written);
        self.put(op, value, Extras { flags: FAILED, ..Extras::default() });
    }

    fn target(&mut self, op: OpId) -> Option<&mut [u8]> {
        // SAFETY: the session drops the slice before this call into native code ends, and JavaScript runs only then.
        unsafe { view_mut(self.mailbox.env, self.memory(op)?) }
    }

    fn examine(&mut self, op: OpId, bytes: &[u8]) -> Option<usize> {
        let (env, mut result, mut taken) = (self.mailbox.env, ptr::null_mut(), -1.0);
        let examiner = self.memory(op)?;
        let argument = copied(env, bytes);
        // SAFETY: a live environment; the function is the module's own and calls nothing of the user's. A failure
        // leaves `taken` as it is.
        unsafe {
            sys::napi_call_function(env, undefined(env), examiner, 1, &argument, &mut result);
            sys::napi_get_value_double(env, result, &mut taken);
        }
        (taken >= 0.0).then_some(taken as usize)
    }

    fn source(&mut self, op: OpId) -> Option<&[u8]> {
        // SAFETY: as above.
        unsafe { view(self.mailbox.env, self.memory(op)?) }
    }
}

impl Post<'_> {
    /// The call's own result.
    pub fn answer_directly(&mut self, value: sys::napi_value) {
        if let Some(direct) = &mut self.direct {
            direct.result = Some(value);
        }
    }

    /// The operation being called fails, unless it has been answered.
    pub fn fail(&mut self, op: OpId, failure: Failure) {
        if self.direct.as_ref().is_none_or(|direct| direct.result.is_none()) {
            self.failed(op, failure, 0);
        }
    }

    /// The value to return from the call.
    pub fn result(&mut self) -> Value {
        let result = self.direct.as_mut().and_then(|direct| mem::take(&mut direct.result));
        Value(result.unwrap_or_else(|| undefined(self.mailbox.env)))
    }
}
