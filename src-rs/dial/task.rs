//! A dial that runs by itself and can be given up; knows nothing of what a dial does.

use std::{
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll, Waker},
};

use tokio::task::AbortHandle;

use super::runtime;
use crate::failure::{Failure, Phase};

/// A dial under way; dropping it gives the dial up, and its sockets close soon after. [`start`]'s `done` is then not
/// called, unless that call has begun on the other thread: then the connection it hands over is its receiver's to close.
#[derive(Debug)]
#[must_use = "dropping it abandons the dial"]
pub struct Dialling(Option<AbortHandle>);

impl Drop for Dialling {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Dials on the process-wide runtime and calls `done`, at most once: on this thread before this returns, if the dial need
/// not wait, else on the runtime's. `done` must not block: all dials share the thread.
///
/// `dialling` is [`dial`](super::dial()) or [`upgrade`](super::upgrade()).
pub fn start<T: Send + 'static>(
    dialling: impl Future<Output = Result<T, Failure>> + Send + 'static,
    done: impl FnOnce(Result<T, Failure>) + Send + 'static,
) -> Dialling {
    let mut promise = Promise(Some(done), PhantomData);
    let mut dialling = Box::pin(dialling);
    let runtime = runtime::handle();
    // What need not wait, a connection within one machine above all, is done here and now: that saves two changes of
    // thread. Everything else starts here, without blocking, and goes on there.
    let begun = catch_unwind(AssertUnwindSafe(|| {
        let _entered = runtime.enter();
        dialling.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }));
    match begun {
        Ok(Poll::Ready(result)) => promise.settle(result),
        Err(_) => promise.settle(Err(broken_off())),
        Ok(Poll::Pending) => {
            let task = runtime.spawn(async move { promise.settle(dialling.await) });
            return Dialling(Some(task.abort_handle()));
        }
    }
    Dialling(None)
}

/// The duty to call `done`, which even a panic of the dial does not end; only abandoning does.
struct Promise<T, F: FnOnce(Result<T, Failure>)>(Option<F>, PhantomData<fn(T)>);

impl<T, F: FnOnce(Result<T, Failure>)> Promise<T, F> {
    fn settle(&mut self, result: Result<T, Failure>) {
        if let Some(done) = self.0.take() {
            done(result);
        }
    }
}

impl<T, F: FnOnce(Result<T, Failure>)> Drop for Promise<T, F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.settle(Err(broken_off()));
        }
    }
}

fn broken_off() -> Failure {
    Failure::new("ERR_INTERNAL", Phase::Connect, "a defect in tcpull: the connection was given up")
}
