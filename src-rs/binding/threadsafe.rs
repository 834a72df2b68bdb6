//! A way onto an environment's JavaScript thread from any other: Node-API's thread-safe function. Knows no reactor's work.

use std::{
    cell::RefCell,
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use napi::sys;

use super::memory::text;
use crate::reactor::{Waker, tokio::Host};

/// A function of JavaScript's that any thread may call, as a [`Host`].
pub struct ThreadsafeCall(Rc<Inner>);

struct Inner {
    env: sys::napi_env,
    /// `None` once the function was given back, or has ended with its environment.
    function: Arc<Mutex<Option<Function>>>,
    ended: RefCell<Option<Box<dyn FnOnce()>>>,
}

struct Function(sys::napi_threadsafe_function);
// SAFETY: calling it from any thread is what the function is for; the mutex around it is emptied before it goes.
unsafe impl Send for Function {}

impl ThreadsafeCall {
    /// Of `called`, without arguments; does not keep the process alive yet.
    pub fn new(env: sys::napi_env, called: sys::napi_value) -> napi::Result<ThreadsafeCall> {
        let inner = Rc::new(Inner { env, function: Arc::default(), ended: RefCell::default() });
        let data = Rc::into_raw(inner.clone()).cast::<c_void>().cast_mut();
        let mut function = ptr::null_mut();
        // SAFETY: a live environment within a handle scope; `data` is given back by `finalized`, which N-API calls once.
        let status = unsafe {
            sys::napi_create_threadsafe_function(
                env,
                called,
                ptr::null_mut(),
                text(env, "tcpull"),
                0,
                1,
                data,
                Some(finalized),
                ptr::null_mut(),
                None,
                &mut function,
            )
        };
        if status != sys::Status::napi_ok {
            // SAFETY: N-API has not taken it.
            drop(unsafe { Rc::from_raw(data.cast::<Inner>()) });
            return Err(napi::Error::from_reason("the host gives no thread-safe function"));
        }
        *lock(&inner.function) = Some(Function(function));
        let call = ThreadsafeCall(inner);
        call.keep_alive(false);
        Ok(call)
    }
}

impl Host for ThreadsafeCall {
    fn waker(&self) -> Waker {
        let function = self.0.function.clone();
        Arc::new(move || {
            if let Some(Function(function)) = *lock(&function) {
                // SAFETY: not given back while the mutex holds it. The queue has no limit, so that nothing waits.
                unsafe {
                    sys::napi_call_threadsafe_function(
                        function,
                        ptr::null_mut(),
                        sys::ThreadsafeFunctionCallMode::nonblocking,
                    )
                };
            }
        })
    }

    fn keep_alive(&self, on: bool) {
        if let Some(Function(function)) = *lock(&self.0.function) {
            // SAFETY: as above, on the environment's own thread.
            unsafe {
                if on {
                    sys::napi_ref_threadsafe_function(self.0.env, function);
                } else {
                    sys::napi_unref_threadsafe_function(self.0.env, function);
                }
            }
        }
    }

    fn close(&self, done: Box<dyn FnOnce()>) {
        let Some(Function(function)) = lock(&self.0.function).take() else { return done() };
        *self.0.ended.borrow_mut() = Some(done);
        // SAFETY: taken out of the mutex, so given back once; `finalized` follows.
        unsafe {
            sys::napi_release_threadsafe_function(function, sys::ThreadsafeFunctionReleaseMode::abort);
        }
    }
}

unsafe extern "C" fn finalized(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: made by `Rc::into_raw` in `new`; N-API calls this once.
    let inner = unsafe { Rc::from_raw(data.cast::<Inner>()) };
    // An environment's end gives the function back without asking.
    lock(&inner.function).take();
    if let Some(done) = inner.ended.take() {
        let _ = catch_unwind(AssertUnwindSafe(done));
    }
}

fn lock(mutex: &Mutex<Option<Function>>) -> MutexGuard<'_, Option<Function>> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
