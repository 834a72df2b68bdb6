//! A dial that runs by itself and can be given up; knows nothing of what a dial does.

use tokio::task::AbortHandle;

use super::{Dialled, Plan, dial, runtime};
use crate::failure::{Failure, Phase};

/// A dial under way; dropping it gives the dial up, and its sockets close soon after. [`start`]'s `done` is then not
/// called, unless that call has begun on the other thread: then the connection it hands over is its receiver's to close.
#[derive(Debug)]
#[must_use = "dropping it abandons the dial"]
pub struct Dialling(AbortHandle);

impl Drop for Dialling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Dials on the process-wide runtime and calls `done`, at most once, on that runtime's thread, which may be before this
/// returns. `done` must not block: all dials share the thread.
pub fn start(plan: Plan, done: impl FnOnce(Result<Dialled, Failure>) + Send + 'static) -> Dialling {
    spawn(dial(plan), done)
}

/// [`start`] for any way to dial.
pub(super) fn spawn<D>(dialling: D, done: impl FnOnce(Result<Dialled, Failure>) + Send + 'static) -> Dialling
where
    D: Future<Output = Result<Dialled, Failure>> + Send + 'static,
{
    let mut promise = Promise(Some(done));
    let task = runtime::handle().spawn(async move { promise.settle(dialling.await) });
    Dialling(task.abort_handle())
}

/// The duty to call `done`, which even a panic of the dial does not end; only abandoning does.
struct Promise<F: FnOnce(Result<Dialled, Failure>)>(Option<F>);

impl<F: FnOnce(Result<Dialled, Failure>)> Promise<F> {
    fn settle(&mut self, result: Result<Dialled, Failure>) {
        if let Some(done) = self.0.take() {
            done(result);
        }
    }
}

impl<F: FnOnce(Result<Dialled, Failure>)> Drop for Promise<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.settle(Err(Failure::new(
                "ERR_INTERNAL",
                Phase::Connect,
                "the dial broke off by a fault of its own",
            )));
        }
    }
}
