//! Contiguous bytes, filled at the back and taken from the front; knows nothing of what they mean.
//!
//! Every byte is moved a bounded number of times on average: bytes move to the front of the block only when
//! at least half as many were taken since, and a block that grows does so by at least half. An empty buffer
//! holds no memory.

use std::cell::RefCell;

use super::{effort::spend, memory};

/// One read's worth of bytes: 128 KiB. Larger reads gain nothing, and strings of 256 KiB are slower in V8.
pub const BLOCK: usize = 128 * 1024;

/// A window at the back that is not worth moving or growing for.
const WINDOW: usize = BLOCK / 4;

/// From this size on (4 MiB) bytes are handed over with their memory: below, fresh pages cost more than a copy.
const DETACHED_FROM: usize = 32 * BLOCK;

/// Spare blocks kept per thread.
const POOLED: usize = 8;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn take_block() -> Vec<u8> {
    POOL.try_with(|pool| pool.borrow_mut().pop()).ok().flatten().unwrap_or_else(|| vec![0; BLOCK])
}

fn give_block(block: Vec<u8>) {
    if block.len() == BLOCK {
        // At a thread's end the pool may be gone; then the block is freed like any other.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < POOLED {
                pool.push(block);
            }
        });
    }
}

/// Bytes that have arrived and were not yet taken.
///
/// Bytes that were *lent* ([`Buffer::lend`]) count as taken but stay in place before the front until the loan
/// ends: by [`Buffer::settle_loan`] or by any call that changes the buffer other than `lend` and `take_back`.
#[derive(Debug)]
pub struct Buffer {
    /// Initialised throughout; empty while the buffer holds no memory.
    block: Vec<u8>,
    front: usize,
    back: usize,
    /// How many bytes before `front` are out on loan.
    loan: usize,
}

impl Buffer {
    /// An empty buffer, which holds no memory.
    pub const fn new() -> Buffer {
        Buffer { block: Vec::new(), front: 0, back: 0, loan: 0 }
    }

    /// Bytes not yet taken.
    pub fn len(&self) -> usize {
        self.back - self.front
    }

    /// Whether every byte was taken.
    pub fn is_empty(&self) -> bool {
        self.front == self.back
    }

    /// The bytes not yet taken.
    pub fn as_slice(&self) -> &[u8] {
        &self.block[self.front..self.back]
    }

    /// Takes `n` bytes from the front; the memory goes once the buffer is empty. Ends a loan.
    ///
    /// # Panics
    /// If fewer than `n` bytes are there.
    pub fn consume(&mut self, n: usize) {
        assert!(n <= self.len(), "taking {n} of {} bytes", self.len());
        self.front += n;
        self.settle_loan();
    }

    /// Takes `n` bytes from the front, which stay in place so that [`Buffer::take_back`] may undo it.
    ///
    /// # Panics
    /// If fewer than `n` bytes are there.
    pub fn lend(&mut self, n: usize) {
        assert!(n <= self.len(), "lending {n} of {} bytes", self.len());
        self.front += n;
        self.loan += n;
    }

    /// Returns the last `n` bytes of the loan to the front.
    ///
    /// # Panics
    /// If fewer than `n` bytes are on loan.
    pub fn take_back(&mut self, n: usize) {
        assert!(n <= self.loan, "taking back {n} of {} lent bytes", self.loan);
        self.front -= n;
        self.loan -= n;
    }

    /// The bytes on loan, oldest first; empty when there is no loan.
    pub fn lent(&self) -> &[u8] {
        &self.block[self.front - self.loan..self.front]
    }

    /// Ends the loan: its bytes are gone, and with them the memory if nothing else is buffered.
    pub fn settle_loan(&mut self) {
        self.loan = 0;
        if self.is_empty() {
            self.front = 0;
            self.back = 0;
            give_block(std::mem::take(&mut self.block));
        }
    }

    /// Puts `bytes` back before the front; `false`, and nothing changed, where the system has no memory for them. Ends a
    /// loan.
    ///
    /// Costs no more than the bytes themselves while there is room before the front, which bytes just taken
    /// leave.
    #[must_use = "the bytes may be in no buffer at all"]
    pub fn unread(&mut self, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        self.loan = 0;
        if self.front < bytes.len() && !self.make_room_in_front(bytes.len()) {
            return false;
        }
        spend(bytes.len());
        self.front -= bytes.len();
        self.block[self.front..self.front + bytes.len()].copy_from_slice(bytes);
        true
    }

    /// Moves the bytes so that as much room is before them, beyond the `n` bytes wanted, as is behind.
    fn make_room_in_front(&mut self, n: usize) -> bool {
        let len = self.len();
        let Some(total) = len.checked_add(n) else { return false };
        // Room for as many bytes again on either side, so that the next moves are as rare as those of a
        // growing vector.
        let ample = total.saturating_mul(2);
        if self.block.len() >= ample {
            let front = (self.block.len() - total) / 2 + n;
            self.block.copy_within(self.front..self.back, front);
            (self.front, self.back) = (front, front + len);
        } else {
            let block = if ample <= BLOCK { Some(take_block()) } else { memory::fresh(ample) };
            let Some(mut block) = block.or_else(|| memory::fresh(total)) else { return false };
            let front = (block.len() - total) / 2 + n;
            block[front..front + len].copy_from_slice(self.as_slice());
            give_block(std::mem::replace(&mut self.block, block));
            (self.front, self.back) = (front, front + len);
        }
        spend(len);
        true
    }

    /// Writable bytes at the back, of any content: none where the system has no memory for more. Ends a loan.
    ///
    /// `hint` is how many more bytes are known to be needed (0 counts as 1). The window may be smaller:
    /// memory at most doubles per call, so a peer must send bytes before more is set aside for it. The first
    /// window is a whole [`BLOCK`]. A reader that got nothing commits 0 bytes, so that an empty buffer gives
    /// its block back.
    ///
    /// `least` bytes, at most half a block, are there in any case: what comes is not taken in smaller pieces.
    pub fn spare(&mut self, hint: usize, least: usize) -> &mut [u8] {
        self.settle_loan();
        let hint = hint.max(least).max(1);
        if self.block.is_empty() {
            self.block = take_block();
        } else if self.block.len() - self.back < WINDOW.max(least) {
            self.make_room_behind(hint, least);
        }
        &mut self.block[self.back..]
    }

    fn make_room_behind(&mut self, hint: usize, least: usize) {
        let len = self.len();
        let needed = len.saturating_add(hint);
        if self.front >= len / 2 && self.front > 0 {
            spend(len);
            if self.block.len() > BLOCK && needed <= BLOCK / 2 {
                // A long token has passed: what it needed is given up.
                let mut block = take_block();
                block[..len].copy_from_slice(self.as_slice());
                self.block = block;
            } else {
                self.block.copy_within(self.front..self.back, 0);
            }
            (self.front, self.back) = (0, len);
        }
        if self.block.len() - self.back < hint.min(WINDOW).max(least) {
            let size = self.block.len();
            let size = needed.clamp(size + size / 2, size.saturating_mul(2));
            spend(len);
            if size > 2 * BLOCK && self.front == 0 {
                // Large allocations grow in place or by moving pages, so that no byte is copied.
                memory::grow(&mut self.block, size);
                return;
            }
            let Some(mut block) = memory::fresh(size) else { return };
            block[..len].copy_from_slice(self.as_slice());
            give_block(std::mem::replace(&mut self.block, block));
            (self.front, self.back) = (0, len);
        }
    }

    /// Takes the first `n` bytes with the memory they are in, without a copy, when they are most of it; what is behind
    /// them moves to a block of its own. `None`, and nothing taken, when a copy is the better way.
    pub fn detach(&mut self, n: usize) -> Option<Vec<u8>> {
        if n < DETACHED_FROM || self.front != 0 || self.loan != 0 || n < self.block.len() / 2 || n > self.back
        {
            return None;
        }
        let mut rest = Buffer::new();
        rest.append(&self.block[n..self.back]);
        std::mem::swap(self, &mut rest);
        let mut bytes = std::mem::take(&mut rest.block);
        bytes.truncate(n);
        bytes.shrink_to_fit();
        Some(bytes)
    }

    /// Says that the first `n` bytes of the last [`Buffer::spare`] were filled. Ends a loan.
    ///
    /// # Panics
    /// If the spare was smaller.
    pub fn commit(&mut self, n: usize) {
        assert!(n <= self.block.len() - self.back, "committing {n} bytes beyond the block");
        self.back += n;
        self.settle_loan();
    }

    /// Adds `bytes` at the back. Ends a loan.
    ///
    /// # Panics
    /// If the system has no memory for them.
    pub fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let spare = self.spare(bytes.len(), 1);
            assert!(!spare.is_empty(), "no memory for {} bytes more", bytes.len());
            let n = spare.len().min(bytes.len());
            spare[..n].copy_from_slice(&bytes[..n]);
            self.commit(n);
            bytes = &bytes[n..];
        }
    }
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer::new()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        give_block(std::mem::take(&mut self.block));
    }
}

#[cfg(test)]
mod tests;
