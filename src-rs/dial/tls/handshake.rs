//! The TLS handshake over a line, on tokio; knows when its messages go, not what they mean.

use std::io;

use super::TlsPlan;
use crate::{
    dial::line::Line,
    failure::{Failure, Phase},
    stream::tls::{Description, Engine, Tls, truncated},
};

/// Shakes hands, and puts the line behind TLS.
pub async fn shake(line: &mut Line, plan: TlsPlan) -> Result<Description, Failure> {
    // A dial starts on the thread that called it, which the work on public keys must not hold up.
    tokio::task::yield_now().await;
    let mut engine = Engine::new(plan.config, plan.name)?;
    let mut early = Vec::new();
    let mut incoming = Vec::new();
    loop {
        let before = early.len();
        early.resize(before + incoming.len(), 0);
        let progress = in_place(|| engine.open(&mut incoming, &mut early[before..], Phase::Tls));
        early.truncate(before + progress.filled);
        if engine.is_handshaking()
            && let Some(failure) = engine.failure()
        {
            // The peer should learn of it; who does not take it does not care.
            line.send_last(&progress.outgoing);
            return Err(failure);
        }
        line.send(&progress.outgoing).await.map_err(|error| broken(&error, "write"))?;
        if !engine.is_handshaking() {
            break;
        }
        incoming.clear();
        incoming.extend_from_slice(engine.rest());
        if line.receive(&mut incoming).await.map_err(|error| broken(&error, "read"))? == 0 {
            return Err(truncated(Phase::Tls));
        }
    }
    let description = engine.describe();
    line.add(Tls::new(engine), early);
    Ok(description)
}

/// On Windows it is the system that judges certificates, which may take long, as it may ask others; other dials go on.
fn in_place<R>(work: impl FnOnce() -> R) -> R {
    if cfg!(windows) { tokio::task::block_in_place(work) } else { work() }
}

/// The connection broke during the handshake.
pub fn broken(error: &io::Error, syscall: &'static str) -> Failure {
    Failure::system(error, Phase::Tls, syscall)
}
