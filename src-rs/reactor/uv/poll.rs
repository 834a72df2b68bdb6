//! One socket's poll handle, armed no more often than it must be; knows the loop's notes only by the callback it is given.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::{Rc, Weak},
};

use super::{
    Inner,
    handle::Owned,
    on_poll,
    sys::{self, READABLE, Uv, WRITABLE},
};
use crate::reactor::Ready;

/// One socket's poll handle. `armed` may be wider than `wanted`: libuv re-arms with two system calls, and most reads
/// are followed by another, so a direction is only let go when it fires unwanted.
pub struct Poll {
    pub handle: RefCell<Option<Owned<PollData>>>,
    pub armed: Cell<Ready>,
    pub wanted: Cell<Ready>,
}

impl Poll {
    /// Waits for `wanted`, in place of what was waited for before.
    pub fn want(&self, uv: &Uv, wanted: Ready) -> io::Result<()> {
        let before = self.wanted.replace(wanted);
        if let Some(handle) = self.handle.borrow().as_ref()
            && (before == Ready::NONE) != (wanted == Ready::NONE)
        {
            handle.keep_alive(wanted != Ready::NONE);
        }
        if wanted.within(self.armed.get()) { Ok(()) } else { self.arm(uv, wanted) }
    }

    fn arm(&self, uv: &Uv, interest: Ready) -> io::Result<()> {
        let events = if interest.read { READABLE } else { 0 } | if interest.write { WRITABLE } else { 0 };
        let Some(handle) = &*self.handle.borrow() else { return Ok(()) };
        // SAFETY: the handle is initialised and not closing.
        let status = unsafe {
            if events == 0 {
                (uv.poll_stop)(handle.raw())
            } else {
                (uv.poll_start)(handle.raw(), events, on_poll)
            }
        };
        if status < 0 {
            return Err(sys::error(status));
        }
        self.armed.set(interest);
        Ok(())
    }

    /// What of `fired` somebody waits for; lets go of what nobody does.
    pub fn fired(&self, uv: &Uv, fired: Ready) -> Ready {
        let wanted = self.wanted.get();
        if !fired.within(wanted) {
            // A failure to re-arm shows itself at the next `want`.
            let _ = self.arm(uv, wanted);
        }
        Ready { read: fired.read && wanted.read, write: fired.write && wanted.write }
    }
}

/// What a poll handle's callback finds.
pub struct PollData {
    pub inner: Weak<Inner>,
    pub poll: Rc<Poll>,
    pub token: usize,
}
