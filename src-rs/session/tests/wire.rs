//! The stream below a session as a script: what arrives, what the system takes; asserts nothing.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, IoSlice},
    rc::Rc,
};

use crate::stream::Stream;

/// What the peer does next.
pub enum Arrival {
    Bytes(Vec<u8>),
    End,
    Reset,
    /// A signal interrupts one system call.
    Interrupted,
}

/// What happened to the outgoing direction, besides bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Shutdown,
    Reset,
}

/// Both directions of a scripted connection.
pub struct Wire {
    pub incoming: VecDeque<Arrival>,
    /// What the system took.
    pub taken: Vec<u8>,
    /// How many bytes it still takes, and how many at a time.
    pub room: usize,
    pub at_a_time: usize,
    pub write_error: Option<io::ErrorKind>,
    /// As TLS does: so many bytes are sealed together, and leave together; 0 seals nothing.
    pub sealing: usize,
    pub sealed: Vec<u8>,
    pub begun: usize,
    /// With the number of bytes taken before each.
    pub marks: Vec<(usize, Mark)>,
    pub reads: u64,
    /// Bytes taken by each write.
    pub writes: Vec<usize>,
}

impl Wire {
    /// What the system does with what it is offered.
    fn take(&mut self, bytes: impl Iterator<Item = u8>) -> io::Result<usize> {
        if let Some(kind) = self.write_error {
            return Err(kind.into());
        }
        if self.room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let most = self.room.min(self.at_a_time);
        let bytes = bytes.take(most).collect::<Vec<_>>();
        self.taken.extend(&bytes);
        self.room -= bytes.len();
        self.writes.push(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.sealed.is_empty() {
            let sealed = self.sealed.clone();
            let count = self.take(sealed.into_iter())?;
            self.sealed.drain(..count);
        }
        Ok(())
    }
}

/// A session's end of the wire.
pub struct Scripted {
    pub wire: Rc<RefCell<Wire>>,
    pub drained: bool,
}

impl Stream for Scripted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        assert!(!into.is_empty(), "a read into no room would look like the end");
        let mut wire = self.wire.borrow_mut();
        self.drained = true;
        wire.reads += 1;
        match wire.incoming.front_mut() {
            None => Err(io::ErrorKind::WouldBlock.into()),
            Some(Arrival::End) => Ok(0),
            Some(Arrival::Reset) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Arrival::Interrupted) => {
                wire.incoming.pop_front();
                Err(io::ErrorKind::Interrupted.into())
            }
            Some(Arrival::Bytes(bytes)) => {
                let count = bytes.len().min(into.len());
                into[..count].copy_from_slice(&bytes[..count]);
                bytes.drain(..count);
                if bytes.is_empty() {
                    wire.incoming.pop_front();
                }
                self.drained = count < into.len();
                Ok(count)
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.drained
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut wire = self.wire.borrow_mut();
        if wire.sealing == 0 {
            return wire.take(parts.iter().flat_map(|part| part.iter().copied()));
        }
        wire.flush()?;
        if !wire.sealed.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut taken = std::mem::take(&mut wire.begun);
        let offered: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        for piece in offered[taken..].chunks(wire.sealing) {
            wire.sealed = piece.to_vec();
            match wire.flush() {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ if wire.sealed.is_empty() => taken += piece.len(),
                _ => {
                    wire.begun = piece.len();
                    break;
                }
            }
        }
        Ok(taken)
    }

    fn begun(&self) -> usize {
        self.wire.borrow().begun
    }

    fn disown(&mut self, count: usize) {
        self.wire.borrow_mut().begun -= count;
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wire.borrow_mut().flush()
    }

    fn wants_flush(&self) -> bool {
        !self.wire.borrow().sealed.is_empty()
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        let mut wire = self.wire.borrow_mut();
        let mark = (wire.taken.len(), Mark::Shutdown);
        wire.marks.push(mark);
        Ok(())
    }

    fn reset(&mut self) {
        let mut wire = self.wire.borrow_mut();
        let mark = (wire.taken.len(), Mark::Reset);
        wire.marks.push(mark);
    }
}
