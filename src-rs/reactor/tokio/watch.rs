//! One socket's registration with tokio; knows when the socket is ready, not what it carries.

use std::{
    cell::Cell,
    io,
    rc::Rc,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::{io::Interest, net::TcpStream};

use super::{Inner, Notes};
use crate::{
    reactor::{Ready, Watch},
    stream::Socket,
};

/// A socket's registration. It holds the socket by a second descriptor, because tokio wants to own one; closing this
/// one ends the registration, and the session's own then ends the connection.
pub struct TokioWatch {
    inner: Rc<Inner>,
    stream: TcpStream,
    read: Arc<Mark>,
    write: Arc<Mark>,
    wanted: Cell<Ready>,
}

/// One direction of one watch, as tokio's thread sees it.
pub struct Mark {
    /// Not held: the notes hold their marks.
    notes: Weak<Notes>,
    token: usize,
    direction: Ready,
    /// Somebody waits for it; a note that nobody waits for any more says nothing.
    wanted: AtomicBool,
    /// tokio, or a note that was not handed over yet, will say so: there is no need to ask again.
    armed: AtomicBool,
}

impl Mark {
    fn new(notes: &Arc<Notes>, token: usize, direction: Ready) -> Arc<Mark> {
        let (wanted, armed) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Mark { notes: Arc::downgrade(notes), token, direction, wanted, armed })
    }

    /// What the note of this mark says in the turn it is handed over in. tokio may leave the waker behind although it
    /// believes ready, and call it later: a second note of the same says nothing.
    pub fn ready(&self) -> Option<(usize, Ready)> {
        let armed = self.armed.swap(false, Relaxed);
        (armed && self.wanted.load(Relaxed)).then_some((self.token, self.direction))
    }
}

impl Wake for Mark {
    fn wake(self: Arc<Self>) {
        if let Some(notes) = self.notes.upgrade() {
            notes.take(Some(self));
        }
    }
}

impl TokioWatch {
    pub fn new(inner: Rc<Inner>, socket: &Socket, token: usize) -> io::Result<TokioWatch> {
        let second = socket.duplicate()?;
        let stream = {
            let _inside = inner.runtime.enter();
            TcpStream::from_std(second)?
        };
        let read = Mark::new(&inner.notes, token, Ready { read: true, write: false });
        let write = Mark::new(&inner.notes, token, Ready { read: false, write: true });
        Ok(TokioWatch { inner, stream, read, write, wanted: Cell::new(Ready::NONE) })
    }

    /// tokio tells changes, as its source does (edge-triggered epoll), but what is there must be told too: what tokio
    /// believes ready is looked at, which corrects its belief where it is of the past.
    fn arm(&self, mark: &Arc<Mark>) -> io::Result<()> {
        if mark.armed.swap(true, Relaxed) {
            return Ok(());
        }
        let waker = Waker::from(mark.clone());
        let mut context = Context::from_waker(&waker);
        let (interest, flag) = match mark.direction.read {
            true => (Interest::READABLE, PollFlags::IN),
            false => (Interest::WRITABLE, PollFlags::OUT),
        };
        loop {
            let believed = match mark.direction.read {
                true => self.stream.poll_read_ready(&mut context),
                false => self.stream.poll_write_ready(&mut context),
            };
            match believed {
                Poll::Pending => return Ok(()),
                Poll::Ready(believed) => believed?,
            }
            match self.stream.try_io(interest, || look(&self.stream, flag)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // A failure of the look shows itself to who reads or writes.
                _ => {
                    self.inner.notes.take(Some(mark.clone()));
                    return Ok(());
                }
            }
        }
    }
}

/// Fails with `WouldBlock` where nothing is ready; errors and ends count as ready.
fn look(stream: &TcpStream, flag: PollFlags) -> io::Result<()> {
    match poll(&mut [PollFd::new(stream, flag)], Some(&Timespec::default()))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

impl Watch for TokioWatch {
    fn want(&self, interest: Ready) -> io::Result<()> {
        let before = self.wanted.replace(interest);
        if (before == Ready::NONE) != (interest == Ready::NONE) {
            let waiting = &self.inner.waiting;
            let now = if interest == Ready::NONE { waiting.get() - 1 } else { waiting.get() + 1 };
            self.inner.held(|inner| inner.waiting.set(now));
        }
        for (mark, wanted) in [(&self.read, interest.read), (&self.write, interest.write)] {
            mark.wanted.store(wanted, Relaxed);
            if wanted {
                self.arm(mark)?;
            }
        }
        Ok(())
    }
}

impl Drop for TokioWatch {
    fn drop(&mut self) {
        // Waits for nothing, and asks the system for nothing.
        let _ = self.want(Ready::NONE);
    }
}
