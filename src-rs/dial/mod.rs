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

pub use address::{Address, AddressError, Host};
pub use plan::{Dialled, Family, Plan, Timings};
pub use socket::SocketOptions;
pub use task::{Dialling, start};

use tokio::time::Instant;

use crate::failure::{Failure, Phase};
use deadline::Deadline;
use race::Course;
use socket::TcpConnector;

/// Connects as planned: look-up, then a race over the addresses. Dropping the future gives all of it up: sockets close, a
/// look-up that the system cannot cancel is left to end by itself.
///
/// Fails with the system's code in phase `lookup` or `connect`, or with `ETIMEDOUT` and no syscall when the plan's
/// timeout is over.
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
    let timings = Timings { lookup, connect: millis_since(began) };

    let local = stream
        .local_addr()
        .map_err(|error| Failure::system_at(&error, Phase::Connect, "getsockname", peer))?;
    Ok(Dialled { stream, early: Vec::new(), timings, attempts: course.attempts(), peer, local })
}

fn millis_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}

#[cfg(test)]
#[path = "dial_tests.rs"]
mod tests;
