//! Which reactor an environment gets; knows hosts, not what reactors do.

use std::ptr;

use napi::sys;

use super::threadsafe::ThreadsafeCall;
use crate::{
    dial::runtime,
    reactor::{Reactor, tokio::TokioReactor, uv::UvReactor},
};

/// A reactor as an environment holds it.
pub struct Chosen {
    pub reactor: Box<dyn Reactor>,
    /// Its name for JavaScript.
    pub name: &'static str,
    /// What JavaScript is to call in the next turn of its loop when it was summoned; libuv's reactor needs no summons.
    pub summoned: Option<Box<dyn Fn()>>,
}

/// libuv's where the host has it and `name` is not `"tokio"`, else tokio's, unless `name` is `"uv"`. `summons` is what
/// tokio's calls on the JavaScript thread when it wants a turn.
pub fn choose(env: sys::napi_env, name: Option<&str>, summons: sys::napi_value) -> napi::Result<Chosen> {
    if name == Some("tokio") {
        return over_tokio(env, summons);
    }
    match (over_uv(env), name) {
        (Ok(chosen), _) => Ok(chosen),
        (Err(missing), Some(_)) => Err(napi::Error::from_reason(missing)),
        (Err(_), None) => over_tokio(env, summons),
    }
}

fn over_uv(env: sys::napi_env) -> Result<Chosen, String> {
    let mut event_loop = ptr::null_mut();
    // SAFETY: a live environment.
    if unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) } != sys::Status::napi_ok {
        return Err("this host has no libuv loop".into());
    }
    // SAFETY: N-API says that this is the thread's loop.
    let reactor = unsafe { UvReactor::new(event_loop.cast()) }?;
    Ok(Chosen { reactor: Box::new(reactor), name: "uv", summoned: None })
}

fn over_tokio(env: sys::napi_env, summons: sys::napi_value) -> napi::Result<Chosen> {
    let host = ThreadsafeCall::new(env, summons)?;
    let reactor = TokioReactor::new(runtime::handle().clone(), Box::new(host));
    let summoned = Box::new(reactor.turner());
    Ok(Chosen { reactor: Box::new(reactor), name: "tokio", summoned: Some(summoned) })
}
