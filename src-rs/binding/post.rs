//! A session's outbox towards JavaScript for the time of one call: answers become values. Knows no sockets.

use std::{mem, ptr, rc::Rc};

use napi::sys;

use super::{
    codec::Codec,
    failures::failure_value,
    mail::{Extras, FAILED, HAS_CARRIAGE_RETURN, Mailbox},
    memory::{Value, copied, forget_exception, null, number, owned, undefined, view, view_mut},
};
use crate::{
    failure::Failure,
    session::{Answer, OpId, Outbox, Why},
};

/// `REASONS` of `src-ts/mailbox.ts`.
fn number_of(why: Why) -> u32 {
    match why {
        Why::Marker => 0,
        Why::Size => 1,
        Why::Timeout => 2,
        Why::End => 3,
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
            return self.put(op, number(self.mailbox.env(), value), extras);
        }
        self.mailbox.forget(op);
        self.mailbox.push_number(op, value, extras);
    }

    fn put_null(&mut self, op: OpId) {
        if self.is_direct(op) {
            return self.put(op, null(self.mailbox.env()), Extras::default());
        }
        self.mailbox.forget(op);
        self.mailbox.push_null(op);
    }

    fn is_direct(&self, op: OpId) -> bool {
        self.direct.as_ref().is_some_and(|direct| direct.op == op)
    }

    fn codec(&self, op: OpId) -> Option<Rc<Codec>> {
        match self.direct.as_ref().filter(|direct| direct.op == op) {
            Some(direct) => direct.codec.clone(),
            None => self.mailbox.codec(op),
        }
    }

    fn memory(&self, op: OpId) -> Option<sys::napi_value> {
        match self.direct.as_ref().filter(|direct| direct.op == op) {
            Some(direct) => direct.memory,
            None => self.mailbox.memory(op),
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
            Answer::Owned { bytes, why } => {
                let value = owned(self.mailbox.env(), bytes);
                self.put(op, value, Extras { why: number_of(why), items: 1, ..Extras::default() });
                return true;
            }
            Answer::Bytes { bytes, why, items } => {
                (bytes, Extras { why: number_of(why), items, ..Extras::default() })
            }
        };
        let Some(codec) = self.codec(op) else {
            match self.mailbox.pooled(bytes) {
                Some(place) => self.put_number(op, bytes.len() as f64, Extras { place, ..extras }),
                None => self.put(op, copied(self.mailbox.env(), bytes), extras),
            }
            return true;
        };
        match codec.present(self.mailbox.env(), bytes, extras.items) {
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
        let value = failure_value(self.mailbox.env(), failure, written);
        self.put(op, value, Extras { flags: FAILED, ..Extras::default() });
    }

    fn target(&mut self, op: OpId) -> Option<&mut [u8]> {
        // SAFETY: the session drops the slice before this call into native code ends, and JavaScript runs only then.
        unsafe { view_mut(self.mailbox.env(), self.memory(op)?) }
    }

    fn examine(&mut self, op: OpId, bytes: &[u8]) -> Option<usize> {
        let (env, mut result, mut taken) = (self.mailbox.env(), ptr::null_mut(), -1.0);
        let examiner = self.memory(op)?;
        let argument = copied(env, bytes);
        // SAFETY: a live environment; the function is the module's own and calls nothing of the user's. A failure
        // leaves `taken` as it is.
        unsafe {
            sys::napi_call_function(env, undefined(env), examiner, 1, &argument, &mut result);
            sys::napi_get_value_double(env, result, &mut taken);
        }
        // An exception would keep this turn's other answers from JavaScript.
        forget_exception(env);
        (taken >= 0.0).then_some(taken as usize)
    }

    fn source(&mut self, op: OpId) -> Option<&[u8]> {
        // SAFETY: as above.
        unsafe { view(self.mailbox.env(), self.memory(op)?) }
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
        Value(result.unwrap_or_else(|| undefined(self.mailbox.env())))
    }
}
