//! What a connection asks the far end to be, parsed from its first line; no I/O here.

use crate::payload::Payload;

/// The longest command line accepted, in bytes.
pub const LONGEST: usize = 64;

/// The part the far end plays on one connection.
#[derive(Clone, Copy)]
pub enum Role {
    /// `echo`: sends back whatever comes.
    Echo,
    /// `alone`: as `echo`, from a thread that blocks on this one connection: the cheapest other end there is.
    Alone,
    /// `lines N`, `bytes N`, `frames N`, `token LENGTH MESSAGES`, `trickle LENGTH MESSAGES`: sends that stream, then closes.
    Stream(Payload),
    /// `sealed N`: makes ready all that `bytes N` sends, records and all, and says so by [`READY`]; sends it when
    /// anything comes, then closes. Opening a record takes about as long as sealing it, so that a client that opens
    /// them quickly would otherwise be measured waiting. It is fair to all: each finds the same bytes sealed already.
    Sealed(Payload),
    /// `sink`: counts what comes; at its end answers with the count as a line and closes.
    Sink,
    /// `ask`: answers [`ANSWER`] and closes.
    Ask,
}

/// The answer to `sealed` once all is sealed.
pub const READY: &[u8] = b"ready\n";

/// The answer to `ask`.
pub const ANSWER: &[u8] = b"one answer, and the connection ends\n";

impl Role {
    /// Reads a command without its line feed; `None` if it is not one.
    pub fn parse(command: &[u8]) -> Option<Self> {
        let words: Vec<_> = str::from_utf8(command).ok()?.split(' ').collect();
        let role = match words[..] {
            ["echo"] => Self::Echo,
            ["alone"] => Self::Alone,
            ["lines", count] => Self::Stream(Payload::lines(count.parse().ok()?)),
            ["bytes", length] => Self::Stream(Payload::bytes(length.parse().ok()?)),
            ["sealed", length] => Self::Sealed(Payload::bytes(length.parse().ok()?)),
            ["frames", count] => Self::Stream(Payload::frames(count.parse().ok()?)),
            ["token", length, messages] => {
                Self::Stream(Payload::token(length.parse().ok()?, messages.parse().ok()?))
            }
            ["trickle", length, messages] => {
                Self::Stream(Payload::trickle(length.parse().ok()?, messages.parse().ok()?))
            }
            ["sink"] => Self::Sink,
            ["ask"] => Self::Ask,
            _ => return None,
        };
        Some(role)
    }
}
