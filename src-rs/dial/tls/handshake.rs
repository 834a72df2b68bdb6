//! The TLS handshake over a connected socket, on tokio; knows when bytes move, not what they mean.

use std::{io, net::TcpStream as StdStream};

use tokio::{net::TcpStream, time::Instant};

use super::TlsPlan;
use crate::{
    dial::millis_since,
    failure::{Failure, Phase},
    stream::tls::{Description, Engine, LARGEST_RECORD, Tls, truncated},
};

/// A connection's TLS, its handshake done.
#[derive(Debug)]
pub struct Secured {
    /// What seals and opens.
    pub tls: Box<Tls>,
    /// Data of the peer that came with the end of the handshake; it is the first to be read.
    pub early: Vec<u8>,
    /// What was agreed on.
    pub description: Description,
    /// How long it took, in ms.
    pub millis: f64,
}

/// Shakes hands; what the socket was before, it is afterwards.
pub async fn shake(socket: StdStream, plan: TlsPlan) -> Result<(StdStream, Secured), Failure> {
    // A dial starts on the thread that called it, which the work on public keys must not hold up.
    tokio::task::yield_now().await;
    let began = Instant::now();
    let socket = TcpStream::from_std(socket).map_err(|error| broken(&error, "connect"))?;
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
            let _ = socket.try_write(&progress.outgoing);
            return Err(failure);
        }
        send(&socket, &progress.outgoing).await?;
        if !engine.is_handshaking() {
            break;
        }
        receive(&socket, &mut engine, &mut incoming).await?;
    }
    let description = engine.describe();
    let socket = socket.into_std().map_err(|error| broken(&error, "connect"))?;
    Ok((socket, Secured { tls: Tls::new(engine).into(), early, description, millis: millis_since(began) }))
}

/// On Windows it is the system that judges certificates, which may take long, as it may ask others; other dials go on.
fn in_place<R>(work: impl FnOnce() -> R) -> R {
    if cfg!(windows) { tokio::task::block_in_place(work) } else { work() }
}

async fn send(socket: &TcpStream, mut bytes: &[u8]) -> Result<(), Failure> {
    while !bytes.is_empty() {
        socket.writable().await.map_err(|error| broken(&error, "write"))?;
        match socket.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if is_nothing(&error) => {}
            Err(error) => return Err(broken(&error, "write")),
        }
    }
    Ok(())
}

/// Puts what comes behind what the engine has kept.
async fn receive(socket: &TcpStream, engine: &mut Engine, incoming: &mut Vec<u8>) -> Result<(), Failure> {
    incoming.clear();
    incoming.extend_from_slice(engine.rest());
    let kept = incoming.len();
    incoming.resize(kept + LARGEST_RECORD, 0);
    loop {
        socket.readable().await.map_err(|error| broken(&error, "read"))?;
        match socket.try_read(&mut incoming[kept..]) {
            Ok(0) => return Err(truncated(Phase::Tls)),
            Ok(count) => {
                incoming.truncate(kept + count);
                return Ok(());
            }
            Err(error) if is_nothing(&error) => {}
            Err(error) => return Err(broken(&error, "read")),
        }
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// The connection broke during the handshake.
pub fn broken(error: &io::Error, syscall: &'static str) -> Failure {
    Failure::system(error, Phase::Tls, syscall)
}
