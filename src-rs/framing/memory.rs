//! Memory that grows as far as the system has some, which on 32 bits is not far, and in tests as far as they let it; knows
//! nothing of what is in it.

#[cfg(test)]
thread_local! {
    static MOST: std::cell::Cell<usize> = const { std::cell::Cell::new(usize::MAX) };
}

/// Makes `block` `size` bytes long, its new bytes 0; `false`, and nothing changed, where there is no memory.
pub(super) fn grow(block: &mut Vec<u8>, size: usize) -> bool {
    #[cfg(test)]
    if size > MOST.get() {
        return false;
    }
    let fits = block.try_reserve_exact(size - block.len()).is_ok();
    if fits {
        block.resize(size, 0);
    }
    fits
}

/// `size` bytes, if there are so many.
pub(super) fn fresh(size: usize) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    grow(&mut block, size).then_some(block)
}

/// Lets `run` have blocks of at most `most` bytes on this thread.
#[cfg(test)]
pub(crate) fn with_at_most<R>(most: usize, run: impl FnOnce() -> R) -> R {
    let before = MOST.replace(most);
    let result = run();
    MOST.set(before);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_an_address_space_holds_is_refused_and_changes_nothing() {
        let mut block = vec![1, 2, 3];
        assert!(!grow(&mut block, usize::MAX));
        // Half of it is no more than 2 GiB on 32 bits, which a system may well have.
        assert!(cfg!(target_pointer_width = "32") || !grow(&mut block, isize::MAX as usize));
        assert_eq!(block, [1, 2, 3]);
        assert!(grow(&mut block, 5));
        assert_eq!(block, [1, 2, 3, 0, 0]);
        assert_eq!(fresh(usize::MAX), None);
    }
}
