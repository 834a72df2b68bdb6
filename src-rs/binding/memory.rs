//! JavaScript's memory as Rust sees it: references, views, the pool of small answers. Knows no connections.
//!
//! A view's address is asked for anew each time: between two turns JavaScript may detach or resize what lies under it.

use std::{ffi::c_void, ptr, slice};

use napi::{
    bindgen_prelude::{FromNapiValue, ToNapiValue, TypeName, ValueType},
    sys,
};

/// A value on its way to JavaScript, already made.
#[derive(Clone, Copy)]
pub struct Value(pub sys::napi_value);

impl ToNapiValue for Value {
    unsafe fn to_napi_value(_: sys::napi_env, value: Value) -> napi::Result<sys::napi_value> {
        Ok(value.0)
    }
}

impl FromNapiValue for Value {
    unsafe fn from_napi_value(_: sys::napi_env, value: sys::napi_value) -> napi::Result<Value> {
        Ok(Value(value))
    }
}

impl TypeName for Value {
    fn type_name() -> &'static str {
        "unknown"
    }

    fn value_type() -> ValueType {
        ValueType::Unknown
    }
}

/// A strong reference to a JavaScript value, deleted on drop.
pub struct Reference {
    env: sys::napi_env,
    raw: sys::napi_ref,
}

impl Reference {
    /// Keeps `value` alive.
    pub fn new(env: sys::napi_env, value: sys::napi_value) -> Reference {
        let mut raw = ptr::null_mut();
        // SAFETY: a live environment and a value of it; a failure leaves `raw` null, which `get` and `drop` bear.
        unsafe { sys::napi_create_reference(env, value, 1, &mut raw) };
        Reference { env, raw }
    }

    /// The value, in the current handle scope.
    pub fn get(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `raw` is a reference of `env` that has not been deleted.
        unsafe { sys::napi_get_reference_value(self.env, self.raw, &mut value) };
        value
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: deleted once, on the environment's thread: nothing that holds a `Reference` is sent elsewhere.
        unsafe { sys::napi_delete_reference(self.env, self.raw) };
    }
}

/// The bytes of a `Uint8Array`, as an address and a length; `None` for any other value.
fn bytes_of(env: sys::napi_env, value: sys::napi_value) -> Option<(*mut u8, usize)> {
    let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
    // SAFETY: a live environment and a value of it; the out-pointers outlive the call.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut length,
            &mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if status != sys::Status::napi_ok {
        return None;
    }
    if length == 0 || data.is_null() {
        return Some((ptr::NonNull::dangling().as_ptr(), 0));
    }
    Some((data.cast(), length))
}

/// The bytes of a `Uint8Array`, to read.
///
/// # Safety
/// The slice must be dropped before JavaScript runs again.
pub unsafe fn view<'a>(env: sys::napi_env, value: sys::napi_value) -> Option<&'a [u8]> {
    // SAFETY: V8 says that so many bytes are there; they stay until JavaScript runs, by the caller's promise.
    bytes_of(env, value).map(|(data, length)| unsafe { slice::from_raw_parts(data, length) })
}

/// The bytes of a `Uint8Array`, to write.
///
/// # Safety
/// As for [`view`], and no other slice of the same memory may live.
pub unsafe fn view_mut<'a>(env: sys::napi_env, value: sys::napi_value) -> Option<&'a mut [u8]> {
    // SAFETY: as in `view`.
    bytes_of(env, value).map(|(data, length)| unsafe { slice::from_raw_parts_mut(data, length) })
}

/// A fresh `Buffer` with a copy of `bytes`.
pub fn copied(env: sys::napi_env, bytes: &[u8]) -> sys::napi_value {
    let (mut data, mut value) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: `bytes` is valid for its length; a failure leaves `value` null, which N-API takes for undefined.
    unsafe { sys::napi_create_buffer_copy(env, bytes.len(), bytes.as_ptr().cast(), &mut data, &mut value) };
    value
}

/// A `Buffer` over `bytes` themselves, or over a copy where the host allows no memory of others (Electron).
pub fn owned(env: sys::napi_env, bytes: Vec<u8>) -> sys::napi_value {
    unsafe extern "C" fn finalize(_: sys::napi_env, _: *mut c_void, hint: *mut c_void) {
        // SAFETY: `hint` came from `Box::into_raw` below; N-API finalizes once.
        drop(unsafe { Box::from_raw(hint.cast::<Vec<u8>>()) });
    }
    let length = bytes.len();
    let mut value = ptr::null_mut();
    let hint = Box::into_raw(Box::new(bytes));
    // SAFETY: the bytes stay where they are while the box lives, which `finalize` drops.
    unsafe {
        let data = (*hint).as_mut_ptr().cast();
        let status =
            sys::napi_create_external_buffer(env, length, data, Some(finalize), hint.cast(), &mut value);
        if status == sys::Status::napi_no_external_buffers_allowed {
            // The one failure after which the memory is sure to be still ours.
            return copied(env, &Box::from_raw(hint));
        }
    }
    value
}

/// Clears a pending exception, with which most of N-API does nothing.
pub fn forget_exception(env: sys::napi_env) {
    let (mut pending, mut exception) = (false, ptr::null_mut());
    // SAFETY: a live environment within a handle scope.
    unsafe {
        sys::napi_is_exception_pending(env, &mut pending);
        if pending {
            sys::napi_get_and_clear_last_exception(env, &mut exception);
        }
    }
}

/// A number.
pub fn number(env: sys::napi_env, number: f64) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: a live environment; the out-pointer outlives the call. So for those below.
    unsafe { sys::napi_create_double(env, number, &mut value) };
    value
}

/// A string.
pub fn text(env: sys::napi_env, text: &str) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: as above.
    unsafe { sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    value
}

/// `undefined`.
pub fn undefined(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: as above.
    unsafe { sys::napi_get_undefined(env, &mut value) };
    value
}

/// `null`.
pub fn null(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: as above.
    unsafe { sys::napi_get_null(env, &mut value) };
    value
}

/// A piece of JavaScript memory out of which small answers are cut, as Node's own buffers are out of its pool: a copy
/// here and a view there cost less than an `ArrayBuffer` each.
#[derive(Default)]
pub struct Pool {
    memory: Option<Reference>,
    used: usize,
}

/// The largest answer that is put into the pool, so that one kept answer does not hold much more memory than its own.
const LARGEST_POOLED: usize = 4096;

impl Pool {
    /// Cuts from `memory`, a fresh `Uint8Array`, from now on.
    pub fn renew(&mut self, memory: Reference) {
        *self = Pool { memory: Some(memory), used: 0 };
    }

    /// Puts `bytes` into the pool and gives their place, or `None` when they are too large or it is full.
    pub fn put(&mut self, env: sys::napi_env, bytes: &[u8]) -> Option<usize> {
        if bytes.len() > LARGEST_POOLED {
            return None;
        }
        // SAFETY: no JavaScript runs before the slice is dropped, and the pool is this object's alone to write.
        let memory = unsafe { view_mut(env, self.memory.as_ref()?.get()) }?;
        let place = self.used;
        let Some(room) = memory.get_mut(place..place + bytes.len()) else {
            self.memory = None;
            return None;
        };
        room.copy_from_slice(bytes);
        self.used = (place + bytes.len()).next_multiple_of(8);
        Some(place)
    }

    /// The pool is full: JavaScript should bring a new one.
    pub fn is_spent(&self) -> bool {
        self.memory.is_none()
    }
}

/// JavaScript's end of a Rust value: once JavaScript has collected it, `finalize` runs.
pub fn external<T>(env: sys::napi_env, value: T) -> sys::napi_value {
    unsafe extern "C" fn finalize<T>(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
        // SAFETY: `data` came from `Box::into_raw` below; N-API finalizes once. A panic may not cross into C.
        let value = unsafe { Box::from_raw(data.cast::<T>()) };
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(value)));
    }
    let data = Box::into_raw(Box::new(value));
    let mut result = ptr::null_mut();
    // SAFETY: `data` is owned by the external from here on.
    let status = unsafe {
        sys::napi_create_external(env, data.cast(), Some(finalize::<T>), ptr::null_mut(), &mut result)
    };
    if status != sys::Status::napi_ok {
        // SAFETY: N-API has not taken it.
        drop(unsafe { Box::from_raw(data) });
    }
    result
}
