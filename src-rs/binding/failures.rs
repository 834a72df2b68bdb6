//! Failures and attempts as JavaScript objects; knows neither connections nor calls.

use std::ptr;

use napi::{
    bindgen_prelude::{Buffer, ToNapiValue},
    sys,
};
use napi_derive::napi;

use crate::failure::{Attempt, Failure, Outcome};

/// A failure as JavaScript gets it.
#[napi(object, object_from_js = false)]
pub struct NativeFailure {
    pub code: String,
    pub message: String,
    pub phase: String,
    pub syscall: Option<String>,
    pub address: Option<String>,
    pub port: Option<u32>,
    pub written: f64,
    pub attempts: Vec<NativeAttempt>,
    pub certificate: Option<Buffer>,
    pub via: Option<NativeVia>,
}

/// The proxy that a failure is about.
#[napi(object, object_from_js = false)]
pub struct NativeVia {
    pub url: String,
    pub hop: u32,
    pub reply: Option<u32>,
    pub by_target: bool,
}

/// One address that was dialled.
#[napi(object, object_from_js = false)]
pub struct NativeAttempt {
    pub address: String,
    pub port: u32,
    pub family: u32,
    pub code: Option<String>,
    pub unfinished: bool,
    pub ms: f64,
}

/// The value that JavaScript gets for `failure`.
pub fn failure_value(env: sys::napi_env, failure: Failure, written: u64) -> sys::napi_value {
    let object = NativeFailure {
        code: failure.code,
        message: failure.message,
        phase: failure.phase.name().into(),
        syscall: failure.syscall.map(Into::into),
        address: failure.address.as_ref().map(|address| address.ip().to_string()),
        port: failure.address.as_ref().map(|address| address.port().into()),
        written: written as f64,
        attempts: failure.attempts.iter().map(attempt).collect(),
        certificate: failure.certificate.as_deref().map(Into::into),
        via: failure.via.map(|via| NativeVia {
            url: via.url,
            hop: via.hop as u32,
            reply: via.reply.map(Into::into),
            by_target: via.by_target,
        }),
    };
    // SAFETY: a live environment.
    unsafe { NativeFailure::to_napi_value(env, object) }.unwrap_or(ptr::null_mut())
}

/// An attempt as JavaScript gets it.
pub fn attempt(attempt: &Attempt) -> NativeAttempt {
    NativeAttempt {
        address: attempt.address.ip().to_string(),
        port: attempt.address.port().into(),
        family: if attempt.address.is_ipv4() { 4 } else { 6 },
        code: attempt.code().map(Into::into),
        unfinished: attempt.outcome == Outcome::Unfinished,
        ms: attempt.millis,
    }
}
