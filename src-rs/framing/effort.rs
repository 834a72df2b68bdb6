//! Counts bytes looked at and bytes moved, so that tests can hold the work to be linear; free outside tests.

#[cfg(test)]
thread_local! {
    static SPENT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Notes that `bytes` bytes were looked at or moved.
#[inline(always)]
pub(super) fn spend(bytes: usize) {
    #[cfg(test)]
    SPENT.set(SPENT.get() + bytes as u64);
    #[cfg(not(test))]
    let _ = bytes;
}

/// What `run` spent on this thread.
#[cfg(test)]
pub(super) fn of(run: impl FnOnce()) -> u64 {
    let before = SPENT.get();
    run();
    SPENT.get() - before
}
