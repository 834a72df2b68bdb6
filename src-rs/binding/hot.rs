//! The calls of a round trip, made without napi-rs' argument glue, which would be a good part of their time. Knows
//! arguments and answers, as `reads` and `writes` do.

use std::{
    ffi::{CStr, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    rc::Rc,
};

use napi::sys;

use super::{
    connection::{call_in, deadline, plain},
    environment::Environment,
    memory::{Value, text, undefined},
    writes::tell,
};
use crate::{
    framing::Want,
    session::{OpId, Wanted},
};

type Hot = fn(&Environment, [f64; 4]) -> Value;

/// An object with the environment's number, its reactor's name and its hot calls. It keeps the environment, which the
/// calls refer to: they must be called through it.
pub fn object(environment: Rc<Environment>, id: u32, reactor: &str) -> sys::napi_value {
    let env = environment.env;
    let data = Rc::into_raw(environment).cast::<c_void>().cast_mut();
    let mut object = ptr::null_mut();
    // SAFETY: a live environment; `data` is given back by `release`, once JavaScript has collected the object.
    unsafe {
        sys::napi_create_object(env, &mut object);
        sys::napi_wrap(env, object, data, Some(release), ptr::null_mut(), ptr::null_mut());
        let number = super::memory::number(env, id.into());
        sys::napi_set_named_property(env, object, c"environment".as_ptr(), number);
        sys::napi_set_named_property(env, object, c"reactor".as_ptr(), text(env, reactor));
        define(env, object, c"readSome", entry::<ReadSome>, data);
        define(env, object, c"readExactly", entry::<ReadExactly>, data);
        define(env, object, c"sendSmall", entry::<SendSmall>, data);
    }
    object
}

/// `readSome(token, op, max, timeout)`: what is there, at least one byte.
struct ReadSome;
/// `readExactly(token, op, size, timeout)`: exactly so many bytes.
struct ReadExactly;
/// `sendSmall(token, start, length)`: offers bytes of the tick's small writes to the system; gives how many it took, or a
/// failure.
struct SendSmall;

trait Call {
    const CALL: Hot;
}

impl Call for ReadSome {
    const CALL: Hot = |environment, [token, op, max, timeout]| {
        read(environment, token, op, Want::Some { max: max as usize }, timeout)
    };
}

impl Call for ReadExactly {
    const CALL: Hot = |environment, [token, op, size, timeout]| {
        read(environment, token, op, Want::Exactly { size: size as usize }, timeout)
    };
}

fn read(environment: &Environment, token: f64, op: f64, want: Want, timeout: f64) -> Value {
    call_in(environment, token as u32, plain(op as OpId), |_, session, post| {
        session.read(op as OpId, Wanted::Buffered(want), deadline(timeout), post);
    })
}

impl Call for SendSmall {
    const CALL: Hot = |environment, [token, start, length, _]| {
        let Some(bytes) = environment.outgoing(start as usize, length as usize) else {
            return Value(ptr::null_mut());
        };
        call_in(environment, token as u32, plain(OpId::MAX), |_, session, post| {
            let result = session.try_write(&[bytes]);
            tell(post, result);
        })
    };
}

type Callback = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

/// # Safety
/// A live environment, an object of it, and `data` as `entry` takes it.
unsafe fn define(
    env: sys::napi_env,
    object: sys::napi_value,
    name: &CStr,
    call: Callback,
    data: *mut c_void,
) {
    let mut function = ptr::null_mut();
    // SAFETY: by the caller's promise.
    unsafe {
        sys::napi_create_function(env, name.as_ptr(), -1, Some(call), data, &mut function);
        sys::napi_set_named_property(env, object, name.as_ptr(), function);
    }
}

unsafe extern "C" fn entry<C: Call>(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (mut count, mut arguments, mut data) = (4, [ptr::null_mut(); 4], ptr::null_mut());
    let mut numbers = [0.0; 4];
    // SAFETY: the out-pointers outlive the calls; arguments that were not given are undefined and stay 0.
    unsafe {
        sys::napi_get_cb_info(env, info, &mut count, arguments.as_mut_ptr(), ptr::null_mut(), &mut data);
        for (argument, number) in arguments.into_iter().zip(&mut numbers).take(count) {
            sys::napi_get_value_double(env, argument, number);
        }
    }
    // SAFETY: `data` is the environment that the object of this call keeps.
    let environment = unsafe { &*data.cast::<Environment>() };
    // The session's own code is guarded deeper down, where the connection can be closed.
    let value = catch_unwind(AssertUnwindSafe(|| (C::CALL)(environment, numbers)));
    value.map_or_else(|_| undefined(env), |value| value.0)
}

unsafe extern "C" fn release(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `Rc::into_raw` in `object`; N-API finalizes once.
    let environment = unsafe { Rc::from_raw(data.cast::<Environment>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(environment)));
}
