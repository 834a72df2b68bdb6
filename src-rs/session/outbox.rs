//! What a session tells its owner, and the memory it borrows from it; knows neither JavaScript nor sockets.

use crate::{failure::Failure, framing::Reason};

/// The owner's name for a pending operation; free for another once it has been settled or cancelled.
pub type OpId = u32;

/// Why a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It got what it was waiting for: the marker, where there is one.
    Marker,
    /// As many bytes as it may have.
    Size,
    /// Its time was up.
    Timeout,
    /// The peer sends nothing more.
    End,
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Why {
        match reason {
            Reason::Marker => Why::Marker,
            Reason::Size => Why::Size,
            Reason::End => Why::End,
        }
    }
}

/// What a read got.
#[derive(Debug)]
pub enum Answer<'a> {
    /// Bytes; in an answer of several items these are still joined by their markers or prefixes.
    Bytes {
        /// The bytes, without what the read asked to drop.
        bytes: &'a [u8],
        /// Why the read ended.
        why: Why,
        /// How many lines or frames these are.
        items: u32,
    },
    /// As `Bytes` of one item, so many that they come with the memory they are in.
    Owned {
        /// The bytes.
        bytes: Vec<u8>,
        /// Why the read ended.
        why: Why,
    },
    /// The owner's memory is full.
    Filled(usize),
    /// Nothing, and nothing will come.
    End,
}

/// Where a session's results go. Calls come in the order in which things happened, each operation once.
pub trait Outbox {
    /// A read's answer. `false` refuses it (say, its text is malformed): its bytes stay in the buffer, and telling
    /// the caller is the outbox's part.
    fn answer(&mut self, op: OpId, answer: Answer<'_>) -> bool;

    /// A write, an end or a close is done.
    fn written(&mut self, op: OpId);

    /// An operation failed, after the system had taken `written` bytes of it.
    fn failed(&mut self, op: OpId, failure: Failure, written: u64);

    /// The memory that a filling read was given; `None` or other than promised when the caller has taken it away.
    fn target(&mut self, op: OpId) -> Option<&mut [u8]>;

    /// Whether an examining read is content: how many bytes it takes, if so. `bytes` is everything it may see.
    fn examine(&mut self, op: OpId, bytes: &[u8]) -> Option<usize>;

    /// The bytes that a write was given, if they were not copied; `None` when the caller has taken them away.
    fn source(&mut self, op: OpId) -> Option<&[u8]>;
}
