//! The reading calls of JavaScript; knows arguments and answers, not how they come about.
//!
//! Each answers at once with a value, or with `undefined` when the operation now waits and will be settled as `op`.
//! A number stands for so many bytes in the pool, at the place that the mailbox's header names.

use std::rc::Rc;

use napi::{
    Env,
    bindgen_prelude::{External, FromNapiValue},
};
use napi_derive::napi;

use super::{
    codec::Codec,
    connection::{Connection, call, deadline, plain},
    memory::{Value, copied, undefined},
    post::Direct,
};
use crate::{
    framing::{Boundary, Markers, Prefix, Want},
    session::{OpId, Wanted},
};

/// Everything to the end of the stream.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn read_all(environment: u32, token: u32, op: u32, max_size: f64, timeout: f64) -> Value {
    read(environment, token, op, timeout, Want::All { max_size: max_size as usize })
}

/// Bytes up to where `examiner(bytes)` is content: it gives how many it takes, or −1 to see more.
#[napi(
    catch_unwind,
    ts_args_type = "environment: number, token: number, op: number, examiner: (bytes: Buffer) => number, maxSize: number, timeout: number",
    ts_return_type = "unknown"
)]
pub fn read_examined(
    environment: u32,
    token: u32,
    op: u32,
    examiner: Value,
    max_size: f64,
    timeout: f64,
) -> Value {
    let wanted = Wanted::Examined { max_size: max_size as usize };
    with_memory(environment, token, op, examiner, wanted, timeout)
}

/// Whole frames, at most `most`; several come joined, prefixes included, and their payloads' places by `frameSpans`.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn read_frames(
    environment: u32,
    token: u32,
    op: u32,
    prefix: String,
    max_size: f64,
    most: u32,
    timeout: f64,
) -> napi::Result<Value> {
    let prefix = Prefix::parse(&prefix).ok_or_else(|| napi::Error::from_reason("unknown length prefix"))?;
    Ok(read(environment, token, op, timeout, Want::Frames { prefix, max_size: max_size as usize, most }))
}

fn read(id: u32, token: u32, op: OpId, timeout: f64, want: Want) -> Value {
    call(id, token, plain(op), |_, session, post| {
        session.read(op, Wanted::Buffered(want), deadline(timeout), post);
    })
}

/// Whole lines, at most `most`.
#[napi(
    catch_unwind,
    ts_args_type = "environment: number, token: number, op: number, codec: object, maxSize: number, most: number, timeout: number",
    ts_return_type = "unknown"
)]
pub fn read_lines(
    environment: u32,
    token: u32,
    op: u32,
    codec: &External<Rc<Codec>>,
    max_size: f64,
    most: u32,
    timeout: f64,
) -> Value {
    let codec = Rc::clone(codec);
    let direct = Direct { op, memory: None, codec: Some(codec.clone()), result: None };
    call(environment, token, direct, |_, session, post| {
        let want =
            Want::Lines { rule: codec.rule.clone(), max_size: max_size as usize, keep: codec.keep, most };
        if !session.read(op, Wanted::Buffered(want), deadline(timeout), post) {
            post.mailbox.decode_by(op, &codec);
        }
    })
}

/// Bytes up to the earliest of `markers`.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn read_until(
    environment: u32,
    token: u32,
    op: u32,
    markers: Vec<&[u8]>,
    max_size: f64,
    keep: bool,
    timeout: f64,
) -> Value {
    call(environment, token, plain(op), |connection, session, post| {
        let markers = remembered(connection, &markers);
        let want = Want::Until { markers, max_size: max_size as usize, keep };
        session.read(op, Wanted::Buffered(want), deadline(timeout), post);
    })
}

/// Whatever comes before the first of marker, size, time and end; no markers when the list is empty.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn receive(
    environment: u32,
    token: u32,
    op: u32,
    markers: Vec<&[u8]>,
    max_size: f64,
    keep: bool,
    timeout: f64,
) -> Value {
    call(environment, token, plain(op), |connection, session, post| {
        let markers = (!markers.is_empty()).then(|| remembered(connection, &markers));
        let want = Want::Receive { markers, max_size: max_size as usize, keep };
        session.read(op, Wanted::Buffered(want), deadline(timeout), post);
    })
}

fn remembered(connection: &Connection, markers: &[&[u8]]) -> Rc<Markers> {
    let mut last = connection.markers.borrow_mut();
    match last.as_ref().filter(|last| last.same(markers)) {
        Some(last) => last.clone(),
        None => last.insert(Rc::new(Markers::new(markers, Boundary::Any))).clone(),
    }
}

/// Fills `target`, a `Uint8Array`; gives its length.
#[napi(
    catch_unwind,
    ts_args_type = "environment: number, token: number, op: number, target: Uint8Array, size: number, timeout: number",
    ts_return_type = "unknown"
)]
pub fn read_into(environment: u32, token: u32, op: u32, target: Value, size: f64, timeout: f64) -> Value {
    with_memory(environment, token, op, target, Wanted::Fill { size: size as usize }, timeout)
}

/// A read that refers to a value of the caller's for as long as it waits.
fn with_memory(id: u32, token: u32, op: OpId, memory: Value, wanted: Wanted, timeout: f64) -> Value {
    let direct = Direct { op, memory: Some(memory.0), codec: None, result: None };
    call(id, token, direct, |_, session, post| {
        if !session.read(op, wanted, deadline(timeout), post) {
            post.mailbox.lend(op, memory.0);
        }
    })
}

/// Up to `most` of the buffered bytes, without taking them.
#[napi(catch_unwind, ts_return_type = "Buffer")]
pub fn peek(env: Env, environment: u32, token: u32, most: f64) -> Value {
    let mut result = undefined(env.raw());
    call(environment, token, plain(OpId::MAX), |_, session, _| {
        let bytes = session.peek();
        result = copied(env.raw(), &bytes[..bytes.len().min(most as usize)]);
    });
    Value(result)
}

/// Puts bytes back before the buffered ones; gives a failure or `undefined`.
#[napi(catch_unwind, ts_return_type = "unknown")]
pub fn unread(environment: u32, token: u32, bytes: &[u8]) -> Value {
    call(environment, token, plain(OpId::MAX), |_, session, post| {
        if let Err(failure) = session.unread(bytes) {
            post.fail(OpId::MAX, failure);
        }
    })
}

/// Of the lines or frames of the last answer only the first `used` were needed.
#[napi(catch_unwind)]
pub fn give_back(environment: u32, token: u32, used: u32) {
    call(environment, token, plain(OpId::MAX), |_, session, _| session.give_back(used as usize));
}

/// The payloads' places in joined frames: start and end of each, alternating.
#[napi(catch_unwind, ts_args_type = "prefix: string, region: Uint8Array, spans: Uint32Array")]
pub fn frame_spans(env: Env, prefix: String, region: &[u8], spans: Value) -> napi::Result<u32> {
    let Some(prefix) = Prefix::parse(&prefix) else { return Ok(0) };
    // SAFETY: `spans` is the module's own array, which nothing else uses during this call.
    let spans = unsafe { <&mut [u32]>::from_napi_value(env.raw(), spans.0) }?;
    let mut count = 0;
    for (span, place) in prefix.split(region).zip(spans.chunks_exact_mut(2)) {
        place.copy_from_slice(&[span.start as u32, span.end as u32]);
        count += 1;
    }
    Ok(count)
}

/// The bytes that stand before a payload of `length`; `null` when the prefix cannot say it.
#[napi(catch_unwind, ts_return_type = "Buffer | null")]
pub fn frame_header(env: Env, prefix: String, length: f64) -> Value {
    let mut header = Vec::new();
    match Prefix::parse(&prefix) {
        Some(prefix) if prefix.encode(length as u64, &mut header) => Value(copied(env.raw(), &header)),
        _ => Value(super::memory::null(env.raw())),
    }
}

/// Whether a pending operation could be taken out, and what it had written: −1 when it is no longer pending.
#[napi(catch_unwind)]
pub fn cancel(environment: u32, token: u32, op: u32) -> f64 {
    let mut written = -1.0;
    call(environment, token, plain(OpId::MAX), |_, session, post| {
        if let Some(count) = session.cancel(op, post) {
            post.mailbox.forget(op);
            written = count as f64;
        }
    });
    written
}
