//! One libuv handle with its memory and its close; knows no sockets and no turns.

use std::{
    cell::Cell,
    ffi::{c_int, c_void},
    io,
    marker::PhantomData,
    rc::Rc,
};

use super::sys::{Handle, Kind, Uv};

/// Counts the handles that libuv still holds, and says when the last one has gone.
#[derive(Default)]
pub struct Open {
    count: Cell<usize>,
    emptied: Cell<Option<Box<dyn FnOnce()>>>,
}

impl Open {
    /// Calls `done` once no handle is open, at once if none is.
    pub fn when_empty(&self, done: Box<dyn FnOnce()>) {
        if self.count.get() == 0 { done() } else { self.emptied.set(Some(done)) }
    }

    fn closed_one(&self) {
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0
            && let Some(done) = self.emptied.take()
        {
            done();
        }
    }
}

/// What a handle's `data` points to. The callbacks' part comes first; the rest is for the close callback.
struct Block<T> {
    value: T,
    memory: *mut [u64],
    open: Rc<Open>,
}

/// An initialised libuv handle of kind `Kind` whose callbacks find a `T`. Dropping it closes it; its memory goes in
/// libuv's close callback, as libuv demands.
pub struct Owned<T: 'static> {
    uv: &'static Uv,
    raw: *mut Handle,
    kind: PhantomData<T>,
}

impl<T: 'static> Owned<T> {
    /// Makes room for a handle of `kind`, lets `init` initialise it, and attaches `value`.
    pub fn new(
        uv: &'static Uv,
        open: &Rc<Open>,
        kind: Kind,
        value: T,
        init: impl FnOnce(*mut Handle) -> c_int,
    ) -> io::Result<Owned<T>> {
        // SAFETY: a call without preconditions.
        let size = unsafe { (uv.handle_size)(kind as u32) };
        let memory = Box::into_raw(vec![0u64; size.div_ceil(8)].into_boxed_slice());
        let raw = memory.cast::<c_void>();
        let status = init(raw);
        if status < 0 {
            // SAFETY: `memory` came from `Box::into_raw` and libuv has not taken it.
            drop(unsafe { Box::from_raw(memory) });
            return Err(super::sys::error(status));
        }
        open.count.set(open.count.get() + 1);
        let block = Box::into_raw(Box::new(Block { value, memory, open: open.clone() }));
        // SAFETY: `raw` is an initialised handle.
        unsafe { (uv.set_data)(raw, block.cast()) };
        Ok(Owned { uv, raw, kind: PhantomData })
    }

    /// The pointer libuv's functions take.
    pub fn raw(&self) -> *mut Handle {
        self.raw
    }

    /// Whether an active handle keeps the loop alive.
    pub fn keep_alive(&self, on: bool) {
        // SAFETY: `raw` is an initialised handle that is not closing.
        unsafe { if on { (self.uv.reference)(self.raw) } else { (self.uv.unreference)(self.raw) } }
    }
}

impl<T: 'static> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `raw` is initialised and closed only here.
        unsafe { (self.uv.close)(self.raw, closed::<T>) };
    }
}

/// The value attached to the handle that libuv hands to a callback.
///
/// # Safety
/// `raw` must be a handle made by `Owned::<T>::new` of the same `T`, and the reference must not outlive the callback.
pub unsafe fn attached<'a, T>(uv: &Uv, raw: *mut Handle) -> &'a T {
    // SAFETY: by the caller's promise.
    unsafe { &(*(uv.get_data)(raw).cast::<Block<T>>()).value }
}

unsafe extern "C" fn closed<T>(raw: *mut Handle) {
    let Ok(uv) = super::sys::uv() else { return };
    // SAFETY: libuv calls this once for each handle, which it no longer uses; `data` is the block of `new`.
    let block = unsafe { Box::from_raw((uv.get_data)(raw).cast::<Block<T>>()) };
    // SAFETY: `memory` came from `Box::into_raw` in `new`.
    drop(unsafe { Box::from_raw(block.memory) });
    block.open.closed_one();
}
