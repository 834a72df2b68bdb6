//! TLS over TLS over a stream, as many layers as there are, as one stream; knows the order of the layers alone.

use std::io::{self, IoSlice};

use super::{
    Stream,
    tls::{self, Tls},
};

/// A stream and the layers over it, the lowest first. Bytes go through the last layer and its stream is the rest of the
/// stack.
pub struct Stack<'a, S> {
    below: &'a mut S,
    layers: &'a mut [Tls],
}

impl<'a, S: Stream> Stack<'a, S> {
    /// `layers` over `below`.
    pub fn new(below: &'a mut S, layers: &'a mut [Tls]) -> Stack<'a, S> {
        Stack { below, layers }
    }

    /// Calls `top` for the last layer with what it lies on, `bare` where there are no layers.
    fn split<R>(
        &mut self,
        top: impl FnOnce(&mut Tls, &mut Stack<'_, S>) -> R,
        bare: impl FnOnce(&mut S) -> R,
    ) -> R {
        match self.layers.split_last_mut() {
            Some((last, layers)) => top(last, &mut Stack { below: self.below, layers }),
            None => bare(self.below),
        }
    }
}

/// The least room that a read needs through so many layers of TLS over a stream that needs `below`.
pub fn least_room(layers: &[Tls], below: usize) -> usize {
    layers.iter().fold(below, |below, _| tls::least_room(below))
}

impl<S: Stream> Stream for Stack<'_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // Two calls because only one of them may have `into`.
        match self.layers.split_last_mut() {
            Some((last, layers)) => last.read(&mut Stack { below: self.below, layers }, into),
            None => self.below.read(into),
        }
    }

    fn least_room(&self) -> usize {
        least_room(self.layers, self.below.least_room())
    }

    fn is_drained(&self) -> bool {
        self.layers.last().map_or_else(|| self.below.is_drained(), Tls::is_drained)
    }

    fn is_over(&self) -> bool {
        self.below.is_over() || self.layers.iter().any(Tls::is_over)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.split(|tls, below| tls.write_vectored(below, parts), |below| below.write_vectored(parts))
    }

    fn begun(&self) -> usize {
        self.layers.last().map_or_else(|| self.below.begun(), Tls::begun)
    }

    fn disown(&mut self, count: usize) {
        self.split(|tls, _| tls.disown(count), |below| below.disown(count));
    }

    fn flush(&mut self) -> io::Result<()> {
        self.split(|tls, below| tls.flush(below), S::flush)
    }

    fn wants_flush(&self) -> bool {
        self.below.wants_flush() || self.layers.iter().any(Tls::wants_flush)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.split(|tls, below| tls.shutdown_write(below), S::shutdown_write)
    }

    fn reset(&mut self) {
        self.below.reset();
    }
}

#[cfg(test)]
#[path = "stack_tests.rs"]
mod tests;
