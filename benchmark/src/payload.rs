//! The bytes of every stream the far end sends, known to both ends so that each can check them; no I/O here.

use std::sync::LazyLock;

/// Bytes of one line with its line feed.
pub const LINE: usize = 100;
/// Bytes of one frame: a 32-bit big-endian length, then the payload.
pub const FRAME: usize = 4 + FRAME_PAYLOAD;
/// Payload bytes of one frame.
pub const FRAME_PAYLOAD: usize = 64;
/// What ends a `token` message; its first byte also occurs in the body, the whole of it never does.
pub const TOKEN: &[u8] = b"<end-of-message>";

/// What ends a `trickle` message, whose body is nothing but the token's own beginning.
pub const TRICKLED_TOKEN: &[u8] = b"aaaaaaab";

/// The body of a `trickle` message: short, so that each system call sends little.
const TRICKLE: &[u8] = &[b'a'; 64];

/// Line `i` is `i` modulo 10,000 in ten digits, then filler: the order can be checked from any line.
static LINES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..10_000).flat_map(|i| format!("{i:010}{:.<1$}\n", "", LINE - 11).into_bytes()).collect()
});

/// Byte `i` of a `bytes` stream is that of [`byte_at`].
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| (0..1 << 20).map(byte_at).collect());

/// Frame `i` begins with the byte `i` modulo 256; 15,360 of them repeat evenly.
static FRAMES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let frame = |i: usize| {
        let mut frame = (FRAME_PAYLOAD as u32).to_be_bytes().to_vec();
        frame.push((i % 256) as u8);
        frame.resize(FRAME, b'f');
        frame
    };
    (0..60 * 256).flat_map(frame).collect()
});

/// Text in which the token's first byte comes every 64 bytes, so that a search has something to reject.
static FILLER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..1_u32 << 20).map(|i| if i.is_multiple_of(64) { b'<' } else { b'a' + (i % 23) as u8 }).collect()
});

/// Byte `position` of a `bytes` stream: repeats every MiB, differs between neighbours and between pages.
pub fn byte_at(position: u64) -> u8 {
    let i = position % (1 << 20);
    (i ^ (i >> 8) ^ (i >> 16)) as u8
}

/// A stream as a rule: a block repeated over `body` bytes, then `tail`; all of it `messages` times.
#[derive(Clone, Copy)]
pub struct Payload {
    block: &'static [u8],
    body: u64,
    tail: &'static [u8],
    messages: u64,
}

impl Payload {
    /// `count` lines of [`LINE`] bytes.
    pub fn lines(count: u64) -> Self {
        Self { block: &LINES, body: count * LINE as u64, tail: b"", messages: 1 }
    }

    /// `length` bytes by [`byte_at`].
    pub fn bytes(length: u64) -> Self {
        Self { block: &BYTES, body: length, tail: b"", messages: 1 }
    }

    /// `count` frames of [`FRAME`] bytes.
    pub fn frames(count: u64) -> Self {
        Self { block: &FRAMES, body: count * FRAME as u64, tail: b"", messages: 1 }
    }

    /// `messages` messages of `length` bytes each, the token at the end of each included.
    pub fn token(length: u64, messages: u64) -> Self {
        Self { block: &FILLER, body: length.saturating_sub(TOKEN.len() as u64), tail: TOKEN, messages }
    }

    /// As [`Payload::token`], in pieces of 64 bytes and with a token that its body seems to begin all the time.
    pub fn trickle(length: u64, messages: u64) -> Self {
        let body = length.saturating_sub(TRICKLED_TOKEN.len() as u64);
        Self { block: TRICKLE, body, tail: TRICKLED_TOKEN, messages }
    }

    /// A run of the stream's bytes from `position` on, as long as lies in one piece; empty at the end.
    pub fn run(&self, position: u64) -> &'static [u8] {
        let message = self.body + self.tail.len() as u64;
        if position >= message * self.messages {
            return b"";
        }
        let within = position % message;
        if within >= self.body {
            return &self.tail[(within - self.body) as usize..];
        }
        let start = (within % self.block.len() as u64) as usize;
        let left = usize::try_from(self.body - within).unwrap_or(usize::MAX);
        &self.block[start..self.block.len().min(start.saturating_add(left))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(payload: Payload) -> Vec<u8> {
        let mut all = Vec::new();
        while let run @ [_, ..] = payload.run(all.len() as u64) {
            all.extend_from_slice(run);
        }
        all
    }

    #[test]
    fn lines_number_themselves_and_go_on_after_the_block() {
        let all = whole(Payload::lines(10_001));
        let lines: Vec<_> = all.chunks(LINE).collect();
        assert_eq!(lines.len(), 10_001);
        assert!(lines.iter().all(|line| line[LINE - 1] == b'\n'));
        assert!(lines[9_999].starts_with(b"0000009999."));
        assert_eq!(lines[10_000], lines[0]);
    }

    #[test]
    fn frames_carry_their_length_and_number() {
        let all = whole(Payload::frames(20_000));
        for (i, frame) in all.chunks(FRAME).enumerate() {
            assert_eq!(frame[..5], [0, 0, 0, 64, (i % 256) as u8]);
        }
    }

    #[test]
    fn the_token_ends_each_message_and_is_nowhere_else() {
        let all = whole(Payload::token(3_000_000, 2));
        let ends: Vec<_> = (TOKEN.len()..=all.len()).filter(|&end| all[..end].ends_with(TOKEN)).collect();
        assert_eq!(ends, [3_000_000, 6_000_000]);
    }

    #[test]
    fn a_trickle_comes_in_small_pieces_and_ends_each_message_with_its_token() {
        let payload = Payload::trickle(1000, 2);
        let all = whole(payload);
        assert_eq!(all.len(), 2000);
        let ends: Vec<_> = (8..=all.len()).filter(|&end| all[..end].ends_with(TRICKLED_TOKEN)).collect();
        assert_eq!(ends, [1000, 2000]);
        assert!((0..2000).all(|position| payload.run(position).len() <= 64));
    }

    #[test]
    fn bytes_follow_their_rule() {
        let all = whole(Payload::bytes(3_000_001));
        assert_eq!(all.len(), 3_000_001);
        assert!(all.iter().enumerate().all(|(i, &byte)| byte == byte_at(i as u64)));
    }
}
