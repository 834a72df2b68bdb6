//! The reactor for hosts without libuv: tokio's thread watches, the JavaScript thread is asked for a turn. Knows sockets
//! and turns; how the JavaScript thread is reached is the owner's.
//!
//! No task and no lock stands between a socket and its readiness: the JavaScript thread polls the registration itself,
//! and the waker it leaves there, called on tokio's thread, takes the note.

mod watch;

#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, RefCell},
    io, mem,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::{runtime::Handle, task::AbortHandle};

use self::watch::{Mark, TokioWatch};
use super::{Reactor, Ready, Turn, Waker, Watch};
use crate::stream::Socket;

/// How the owner of a [`TokioReactor`] serves it.
pub trait Host {
    /// Asks, from any thread, that [`TokioReactor::run_turn`] be called on the reactor's own thread.
    fn waker(&self) -> Waker;

    /// Whether something is waited for, which keeps the process alive.
    fn keep_alive(&self, on: bool);

    /// No more is asked for; `done` is called when what was asked for cannot come any more.
    fn close(&self, done: Box<dyn FnOnce()>);
}

/// One environment's watches on tokio's event loop.
pub struct TokioReactor(Rc<Inner>);

struct Inner {
    runtime: Handle,
    host: Box<dyn Host>,
    notes: Arc<Notes>,
    turn: RefCell<Option<Rc<dyn Turn>>>,
    timer: RefCell<Option<AbortHandle>>,
    /// How many watches wait for something.
    waiting: Cell<usize>,
    /// Whether work on other threads is pending.
    pending: Cell<bool>,
}

/// What other threads have to say, until the next turn.
struct Notes {
    waker: Waker,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    marks: Vec<Arc<Mark>>,
    /// A turn was asked for.
    due: bool,
}

impl Notes {
    /// Takes a note and asks for a turn, unless one is due.
    fn take(&self, mark: Option<Arc<Mark>>) {
        let mut taken = self.lock();
        taken.marks.extend(mark);
        if !mem::replace(&mut taken.due, true) {
            drop(taken);
            (self.waker)();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokioReactor {
    /// Starts on `runtime`, which must have its I/O and time drivers.
    pub fn new(runtime: Handle, host: Box<dyn Host>) -> TokioReactor {
        let notes = Arc::new(Notes { waker: host.waker(), taken: Mutex::default() });
        TokioReactor(Rc::new(Inner {
            runtime,
            host,
            notes,
            turn: RefCell::default(),
            timer: RefCell::default(),
            waiting: Cell::new(0),
            pending: Cell::new(false),
        }))
    }

    /// What to call, on this reactor's thread, when the host was asked to.
    pub fn turner(&self) -> impl Fn() + use<> {
        let inner = Rc::downgrade(&self.0);
        move || inner.upgrade().iter().for_each(|inner| inner.run_turn())
    }
}

impl Reactor for TokioReactor {
    fn watch(&self, socket: &Socket, token: usize) -> io::Result<Box<dyn Watch>> {
        Ok(Box::new(TokioWatch::new(self.0.clone(), socket, token)?))
    }

    fn wake_at(&self, time: Option<Instant>) {
        let notes = self.0.notes.clone();
        let timer = time.map(|time| {
            let sleep = async move {
                tokio::time::sleep_until(time.into()).await;
                notes.take(None);
            };
            self.0.runtime.spawn(sleep).abort_handle()
        });
        if let Some(earlier) = self.0.timer.replace(timer) {
            earlier.abort();
        }
    }

    fn waker(&self) -> Waker {
        let notes = Arc::downgrade(&self.0.notes);
        Arc::new(move || notes.upgrade().iter().for_each(|notes| notes.take(None)))
    }

    fn keep_alive(&self, pending: bool) {
        self.0.held(|inner| inner.pending.set(pending));
    }

    fn start(&self, turn: Rc<dyn Turn>) {
        *self.0.turn.borrow_mut() = Some(turn);
    }

    fn close(&self, done: Box<dyn FnOnce()>) {
        self.0.turn.take();
        self.wake_at(None);
        self.0.host.close(done);
    }
}

impl Inner {
    /// Lets `change` change what is waited for, and tells the host when that changes whether anything is.
    fn held(&self, change: impl FnOnce(&Inner)) {
        let holds = || self.pending.get() || self.waiting.get() > 0;
        let before = holds();
        change(self);
        if holds() != before {
            self.host.keep_alive(!before);
        }
    }

    fn run_turn(&self) {
        let taken = mem::take(&mut *self.notes.lock());
        let ready: Vec<(usize, Ready)> = taken.marks.iter().filter_map(|mark| mark.ready()).collect();
        let turn = self.turn.borrow().clone();
        if let Some(turn) = turn {
            turn.turn(&ready);
        }
    }
}
