//! Bytes in, answers out: the buffer and what a read may wait for in it; knows no I/O, no encodings, no time.
//!
//! Whatever the cuts in which bytes arrive, the answers are the same, in time linear in the bytes.

pub mod boundary;
pub mod buffer;
pub mod frame;
pub mod lines;
pub mod markers;
pub mod want;

mod effort;
mod judge;
pub(crate) mod memory;

#[cfg(test)]
mod tests;

pub use boundary::{Boundary, DoubleByte};
pub use buffer::{BLOCK, Buffer};
pub use frame::{Header, Prefix};
pub use lines::LineRule;
pub use markers::{Markers, Scan};
pub use want::{Reason, Taken, Verdict, Want};
