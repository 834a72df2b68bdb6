//! The reactor on Node's own libuv loop; knows handles and turns, not what sockets carry.

mod handle;
mod poll;
mod sys;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    ffi::{c_int, c_void},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::{Rc, Weak},
    sync::{Arc, Mutex},
    time::Instant,
};

use self::{
    handle::{Open, Owned, attached},
    poll::{Poll, PollData},
    sys::{Handle, Kind, Loop, READABLE, Uv, WRITABLE},
};
use super::{Ready, Turn, Waker, Watch};
use crate::stream::Socket;

/// One environment's handles on its loop.
pub struct UvReactor(Rc<Inner>);

struct Inner {
    uv: &'static Uv,
    event_loop: *mut Loop,
    open: Rc<Open>,
    /// The environment's own handles; `None` once the environment is being torn down.
    own: RefCell<Option<OwnHandles>>,
    /// Poll handles by token, so that tearing down can close those whose watches still live.
    polls: RefCell<HashMap<usize, Rc<Poll>>>,
    /// What the poll callbacks noted since the last turn.
    noted: RefCell<Vec<(usize, Ready)>>,
    turn_due: Cell<bool>,
    wake_at: Cell<Option<Instant>>,
    turn: RefCell<Option<Rc<dyn Turn>>>,
    async_raw: Arc<Mutex<Option<SendHandle>>>,
}

struct OwnHandles {
    check: Owned<Weak<Inner>>,
    timer: Owned<Weak<Inner>>,
    wake: Owned<Weak<Inner>>,
}

/// The async handle's address, for `uv_async_send` from other threads while the mutex holds it.
struct SendHandle(*mut Handle);
// SAFETY: uv_async_send is the one libuv call that any thread may make (libuv docs, uv_async_t); the mutex around
// it is emptied before the handle is closed.
unsafe impl Send for SendHandle {}

impl UvReactor {
    /// Starts on `event_loop`; the error says what the host lacks.
    ///
    /// # Safety
    /// `event_loop` must be this thread's running libuv loop.
    pub unsafe fn new(event_loop: *mut c_void) -> Result<UvReactor, String> {
        let uv = sys::uv().map_err(|missing| format!("this host has no usable libuv: {missing}"))?;
        let open = Rc::new(Open::default());
        let inner = Rc::new(Inner {
            uv,
            event_loop,
            open: open.clone(),
            own: RefCell::new(None),
            polls: RefCell::default(),
            noted: RefCell::default(),
            turn_due: Cell::new(false),
            wake_at: Cell::new(None),
            turn: RefCell::new(None),
            async_raw: Arc::new(Mutex::new(None)),
        });
        let own = OwnHandles::new(&inner, uv, event_loop).map_err(|error| error.to_string())?;
        *lock(&inner.async_raw) = Some(SendHandle(own.wake.raw()));
        *inner.own.borrow_mut() = Some(own);
        Ok(UvReactor(inner))
    }
}

impl OwnHandles {
    fn new(inner: &Rc<Inner>, uv: &'static Uv, event_loop: *mut Loop) -> io::Result<OwnHandles> {
        // SAFETY: the init functions get the thread's loop and fresh memory of the right size.
        let own = unsafe {
            OwnHandles {
                check: Owned::new(uv, &inner.open, Kind::Check, Rc::downgrade(inner), |raw| {
                    (uv.check_init)(event_loop, raw)
                })?,
                timer: Owned::new(uv, &inner.open, Kind::Timer, Rc::downgrade(inner), |raw| {
                    (uv.timer_init)(event_loop, raw)
                })?,
                wake: Owned::new(uv, &inner.open, Kind::Async, Rc::downgrade(inner), |raw| {
                    (uv.async_init)(event_loop, raw, on_wake)
                })?,
            }
        };
        own.check.keep_alive(false);
        own.timer.keep_alive(false);
        own.wake.keep_alive(false);
        Ok(own)
    }
}

impl super::Reactor for UvReactor {
    fn watch(&self, socket: &Socket, token: usize) -> io::Result<Box<dyn Watch>> {
        let inner = &self.0;
        if inner.own.borrow().is_none() {
            return Err(io::Error::other("the environment is being torn down"));
        }
        let poll = Rc::new(Poll {
            handle: RefCell::default(),
            armed: Cell::new(Ready::NONE),
            wanted: Cell::new(Ready::NONE),
        });
        let data = PollData { inner: Rc::downgrade(inner), poll: poll.clone(), token };
        let handle = Owned::new(inner.uv, &inner.open, Kind::Poll, data, |raw| {
            // SAFETY: the thread's loop, fresh memory of the right size, an open socket.
            unsafe { (inner.uv.poll_init)(inner.event_loop, raw, socket.raw()) }
        })?;
        handle.keep_alive(false);
        *poll.handle.borrow_mut() = Some(handle);
        inner.polls.borrow_mut().insert(token, poll.clone());
        Ok(Box::new(UvWatch { inner: inner.clone(), poll, token }))
    }

    fn wake_at(&self, time: Option<Instant>) {
        self.0.wake_at.set(time);
        self.0.arm_timer();
    }

    fn waker(&self) -> Waker {
        let (uv, raw) = (self.0.uv, self.0.async_raw.clone());
        Arc::new(move || {
            if let Some(handle) = lock(&raw).as_ref() {
                // SAFETY: the handle is open while the mutex holds it.
                unsafe { (uv.async_send)(handle.0) };
            }
        })
    }

    fn keep_alive(&self, pending: bool) {
        if let Some(own) = self.0.own.borrow().as_ref() {
            own.wake.keep_alive(pending);
        }
    }

    fn start(&self, turn: Rc<dyn Turn>) {
        *self.0.turn.borrow_mut() = Some(turn);
    }

    fn close(&self, done: Box<dyn FnOnce()>) {
        let inner = &self.0;
        inner.turn.borrow_mut().take();
        lock(&inner.async_raw).take();
        inner.own.borrow_mut().take();
        for (_, poll) in inner.polls.borrow_mut().drain() {
            poll.handle.borrow_mut().take();
        }
        inner.open.when_empty(done);
    }
}

impl Inner {
    fn arm_timer(&self) {
        let own = self.own.borrow();
        let Some(own) = own.as_ref() else { return };
        // SAFETY: the timer is initialised and not closing while `own` holds it.
        unsafe {
            match self.wake_at.get() {
                Some(time) => {
                    let wait = time.saturating_duration_since(Instant::now());
                    let millis = u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
                    (self.uv.timer_start)(own.timer.raw(), on_timer, millis, 0);
                }
                None => {
                    (self.uv.timer_stop)(own.timer.raw());
                }
            }
        }
    }

    /// libuv counts from the start of the loop's turn, so its timer may be early.
    fn timer_fired(&self) {
        if self.wake_at.get().is_some_and(|time| Instant::now() < time) {
            return self.arm_timer();
        }
        self.wake_at.set(None);
        self.run_turn();
    }

    /// Takes a note; the check phase of the same turn of the loop hands all notes over.
    fn note(&self, entry: Option<(usize, Ready)>) {
        self.noted.borrow_mut().extend(entry);
        if !self.turn_due.replace(true)
            && let Some(own) = self.own.borrow().as_ref()
        {
            // SAFETY: the handle is initialised and not closing.
            unsafe { (self.uv.check_start)(own.check.raw(), on_check) };
        }
    }

    fn run_turn(&self) {
        if self.turn_due.replace(false)
            && let Some(own) = self.own.borrow().as_ref()
        {
            // SAFETY: the handle is initialised and not closing.
            unsafe { (self.uv.check_stop)(own.check.raw()) };
        }
        let mut notes = self.noted.take();
        let turn = self.turn.borrow().clone();
        if let Some(turn) = turn {
            turn.turn(&notes);
        }
        notes.clear();
        let mut noted = self.noted.borrow_mut();
        if noted.is_empty() {
            *noted = notes;
        }
    }
}

/// A socket's poll handle.
pub struct UvWatch {
    inner: Rc<Inner>,
    poll: Rc<Poll>,
    token: usize,
}

impl Watch for UvWatch {
    fn want(&self, interest: Ready) -> io::Result<()> {
        self.poll.want(self.inner.uv, interest)
    }
}

impl Drop for UvWatch {
    fn drop(&mut self) {
        self.poll.handle.borrow_mut().take();
        let mut polls = self.inner.polls.borrow_mut();
        if polls.get(&self.token).is_some_and(|poll| Rc::ptr_eq(poll, &self.poll)) {
            polls.remove(&self.token);
        }
    }
}

unsafe extern "C" fn on_poll(raw: *mut Handle, status: c_int, events: c_int) {
    guarded(|uv| {
        // SAFETY: this callback is only given to handles made with `PollData`.
        let data = unsafe { attached::<PollData>(uv, raw) };
        let Some(inner) = data.inner.upgrade() else { return };
        let poll = &data.poll;
        let fired = if status < 0 {
            // On a socket error libuv stops the handle and reports no events; reading or writing tells the error.
            poll.armed.set(Ready::NONE);
            poll.wanted.get()
        } else {
            Ready { read: events & READABLE != 0, write: events & WRITABLE != 0 }
        };
        let ready = poll.fired(uv, fired);
        if ready != Ready::NONE {
            inner.note(Some((data.token, ready)));
        }
    });
}

unsafe extern "C" fn on_check(raw: *mut Handle) {
    // SAFETY: this callback is only given to handles made with `Weak<Inner>`; so for the two below.
    guarded(|uv| {
        unsafe { attached::<Weak<Inner>>(uv, raw) }.upgrade().iter().for_each(|inner| inner.run_turn())
    });
}

unsafe extern "C" fn on_timer(raw: *mut Handle) {
    // SAFETY: as above.
    guarded(|uv| {
        unsafe { attached::<Weak<Inner>>(uv, raw) }.upgrade().iter().for_each(|inner| inner.timer_fired())
    });
}

unsafe extern "C" fn on_wake(raw: *mut Handle) {
    // SAFETY: as above.
    guarded(|uv| {
        unsafe { attached::<Weak<Inner>>(uv, raw) }.upgrade().iter().for_each(|inner| inner.note(None))
    });
}

/// A panic must not unwind into libuv's C frames.
fn guarded(act: impl FnOnce(&'static Uv)) {
    if let Ok(uv) = sys::uv() {
        let _ = catch_unwind(AssertUnwindSafe(|| act(uv)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
