//! The one tokio runtime of the process; knows nothing of what runs on it.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// Blocking look-ups that may run at once. More than libuv's four, so that one silent name server does not hold up all
/// names, and few enough for a 32-bit address space.
const LOOKUP_THREADS: usize = 32;

/// The runtime, started when first needed and never dropped: dropping would wait for look-ups that cannot be cancelled.
/// One thread is enough, as it only sets connections up and, for hosts without libuv, takes notes of readiness; panics if
/// the system gives no thread.
pub fn handle() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(1)
                .max_blocking_threads(LOOKUP_THREADS)
                .thread_name("tcpull-dial")
                .enable_all()
                .build()
                .expect("the system starts one more thread")
        })
        .handle()
}
