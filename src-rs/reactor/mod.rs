//! "Call me when this socket is ready or this time has come", on the JavaScript thread; knows no connection and no bytes.
//!
//! The loop's own callbacks only take notes. Once a turn, after all sockets have been polled, [`Turn::turn`] is
//! called with the notes, so that everything a turn brought is handled, and told to JavaScript, together.

pub mod tokio;
#[cfg(feature = "binding")]
#[allow(unsafe_code)]
pub mod uv;

use std::{
    io,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::stream::Socket;

/// Directions of a socket: what to wait for, or what has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// There is something to read, an end or an error included.
    pub read: bool,
    /// The system takes bytes again.
    pub write: bool,
}

impl Ready {
    /// Neither direction.
    pub const NONE: Ready = Ready { read: false, write: false };
    /// Both directions.
    pub const BOTH: Ready = Ready { read: true, write: true };

    /// Every direction of `self` is in `other`.
    pub fn within(self, other: Ready) -> bool {
        (!self.read || other.read) && (!self.write || other.write)
    }
}

/// How long a write waits before it is tried again unasked. On Windows libuv tells of a reset only those who wait to read
/// (win/poll.c: `AFD_POLL_ABORT` belongs to `UV_READABLE`), and who waits to write alone would wait for ever.
pub const WRITES_TRY_AGAIN: Option<Duration> =
    if cfg!(windows) { Some(Duration::from_millis(250)) } else { None };

/// What the layer above does with a turn of the loop.
pub trait Turn {
    /// Called on the JavaScript thread with the tokens of the sockets that are ready; the list is empty when only
    /// the time set by [`Reactor::wake_at`] has come or a [`Waker`] was used.
    fn turn(&self, ready: &[(usize, Ready)]);
}

/// One environment's event source; lives and stays on its JavaScript thread.
pub trait Reactor {
    /// Registers a socket under `token`, waiting for nothing yet. Dropping the watch ends the registration, which must
    /// come before the socket is closed.
    fn watch(&self, socket: &Socket, token: usize) -> io::Result<Box<dyn Watch>>;

    /// Asks for a turn at `time`, never earlier, in place of the time asked for before. Never keeps the process alive.
    fn wake_at(&self, time: Option<Instant>);

    /// A handle by which other threads ask for a turn.
    fn waker(&self) -> Waker;

    /// Whether work on other threads keeps the process alive.
    fn keep_alive(&self, pending: bool);

    /// Says who is called.
    fn start(&self, turn: Rc<dyn Turn>);

    /// Gives back all that it holds of the loop, then calls `done`; watches that still live become inert.
    fn close(&self, done: Box<dyn FnOnce()>);
}

/// One socket's registration with a [`Reactor`].
pub trait Watch {
    /// Waits for `interest`, in place of what was waited for before. Waiting for anything keeps the process alive.
    fn want(&self, interest: Ready) -> io::Result<()>;
}

/// Asks a reactor for a turn from any thread; harmless once the reactor has gone.
pub type Waker = Arc<dyn Fn() + Send + Sync>;
