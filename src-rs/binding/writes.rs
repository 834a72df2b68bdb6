//! The writing and closing calls of JavaScript; knows arguments and answers, not how bytes leave.

use napi_derive::napi;

use super::{
    connection::{call, deadline, is_closed, plain},
    memory::{Value, null, number},
    post::Post,
};
use crate::{
    failure::Failure,
    session::{OpId, Payload},
};

/// Offers `parts` to the system in one call; gives how many bytes it took, or a failure.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn send(environment: u32, token: u32, parts: Vec<&[u8]>) -> Value {
    call(environment, token, plain(OpId::MAX), |_, session, post| {
        let result = session.try_write(&parts);
        tell(post, result);
    })
}

/// The result of offering bytes to the system.
pub fn tell(post: &mut Post<'_>, result: Result<usize, Failure>) {
    match result {
        Ok(taken) => {
            let taken = number(post.mailbox.env(), taken as f64);
            post.answer_directly(taken);
        }
        Err(failure) => post.fail(OpId::MAX, failure),
    }
}

/// Lets the rest of a write wait: a copy of `bytes`, settled as `op`. `before` bytes of it have left already.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn queue_copy(environment: u32, token: u32, op: u32, bytes: &[u8], before: f64, timeout: f64) -> Value {
    queue(environment, token, op, Payload::Owned(bytes.to_vec()), None, before, timeout)
}

/// Lets the rest of a write wait without a copy: `bytes` must stay as it is until `op` has settled.
#[napi(
    catch_unwind,
    ts_args_type = "environment: number, token: number, op: number, bytes: Uint8Array, size: number, before: number, timeout: number",
    ts_return_type = "unknown"
)]
pub fn queue_lent(
    environment: u32,
    token: u32,
    op: u32,
    bytes: Value,
    size: f64,
    before: f64,
    timeout: f64,
) -> Value {
    queue(environment, token, op, Payload::Lent(size as usize), Some(bytes), before, timeout)
}

fn queue(
    environment: u32,
    token: u32,
    op: OpId,
    payload: Payload,
    memory: Option<Value>,
    before: f64,
    timeout: f64,
) -> Value {
    call(environment, token, plain(op), |_, session, post| {
        if session.queue_write(op, payload, before as u64, deadline(timeout), post)
            && let Some(memory) = memory
        {
            post.mailbox.lend(op, memory.0);
        }
    })
}

/// Half-closes once everything written has left; settled as `op` unless it answers at once.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn end(environment: u32, token: u32, op: u32, timeout: f64) -> Value {
    call(environment, token, plain(op), |_, session, post| session.end(op, deadline(timeout), post))
}

/// Closes once everything written has left; settled as `op` unless it answers at once. Pending reads fail.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn close(environment: u32, token: u32, op: u32, timeout: f64) -> Value {
    match is_closed(environment, token) {
        // There is nothing left to wait for.
        Some(env) => Value(null(env)),
        None => {
            call(environment, token, plain(op), |_, session, post| session.close(op, deadline(timeout), post))
        }
    }
}

/// Resets the connection now; everything pending fails.
#[napi(catch_unwind)]
pub fn destroy(environment: u32, token: u32) {
    call(environment, token, plain(OpId::MAX), |_, session, post| session.destroy(post));
}
