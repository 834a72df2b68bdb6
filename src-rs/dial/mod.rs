//! An address becomes a connected stream, on tokio and under one deadline; knows no Node-API and nothing of what is read
//! or written later.

pub mod address;
mod deadline;
mod failing;
mod plan;
mod race;
mod resolve;
pub mod runtime;
mod socket;
mod task;
pub mod tls;

pub use address::{Address, AddressError, Host};
pub use plan::{Dialled, Family, Plan, Timings};
pub use socket::SocketOptions;
pub use task::{Dialling, start};
pub use tls::upgrade;

use tokio::time::Instant;

use crate::{
    failure::{Failure, Phase},
    stream::Transport,
};
use deadline::Deadline;
use race::Course;
use socket::TcpConnector;

/// Connects as planned: look-up, then a race over the addresses, then TLS if wanted. Dropping the future gives all of it up:
/// sockets close, a look-up that the system cannot cancel is left to end by itself.
///
/// Fails with the system's code in phase `lookup` or `connect`, with the codes of [`tls`] in phase `tls`, or with `ETIMEDOUT`
/// and no syscall when the plan's timeout is over.
pub async fn dial(plan: Plan) -> Result<Dialled, Failure> {
    plan.socket.check()?;
    let deadline = Deadline::after(plan.timeout);

    let began = Instant::now();
    let found = match deadline.bound(plan.find()).await {
        Some(found) => found?,
        None => return Err(failing::lookup_timed_out(&plan)),
    };
    let lookup = found.looked_up.then(|| millis_since(began));
    let addresses = race::interleave(plan.usable(&found.addresses)?);

    let began = Instant::now();
    let connector = TcpConnector {
        options: plan.socket.clone(),
        local_address: plan.local_address,
        local_port: plan.local_port,
    };
    let mut course = Course::default();
    let won = deadline.bound(race::race(&connector, &addresses, plan.stagger(), &mut course)).await;
    let (peer, stream) = match won {
        Some(Some(won)) => won,
        Some(None) => return Err(failing::all_refused(&plan, &course)),
        None => return Err(failing::connect_timed_out(&plan, &course)),
    };
    let connect = millis_since(began);

    let local = stream
        .local_addr()
        .map_err(|error| Failure::system_at(&error, Phase::Connect, "getsockname", peer))?;
    let timings = Timings { lookup, connect, tls: None };
    let attempts = course.attempts();
    let Some(tls) = &plan.tls else {
        return Ok(Dialled {
            stream: stream.into(),
            early: Vec::new(),
            tls: None,
            timings,
            attempts,
            peer,
            local,
        });
    };

    let (stream, secured) = match deadline.bound(tls.secure(stream)).await {
        Some(Ok(secured)) => secured,
        Some(Err(failure)) => return Err(failing::after_connect(failure, peer, attempts)),
        None => return Err(failing::tls_timed_out(&plan, peer, attempts)),
    };
    let timings = Timings { tls: Some(secured.millis), ..timings };
    Ok(Dialled {
        stream: Transport::secured(stream, secured.tls),
        early: secured.early,
        tls: Some(secured.description),
        timings,
        attempts,
        peer,
        local,
    })
}

fn millis_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}

#[cfg(test)]
#[path = "dial_tests.rs"]
mod tests;
