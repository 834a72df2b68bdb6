//! An address becomes a connected stream, on tokio and under one deadline; knows no Node-API and nothing of what is read
//! or written later.

pub mod address;
mod deadline;
mod failing;
mod line;
mod plan;
pub mod proxy;
mod race;
mod resolve;
pub mod runtime;
mod socket;
mod task;
pub mod tls;

pub use address::{Address, AddressError, Host};
pub use plan::{Dialled, Endpoint, Family, Plan, Timings};
pub use socket::SocketOptions;
pub use task::{Dialling, start};
pub use tls::upgrade;

use std::{io, net::SocketAddr};

use tokio::time::Instant;

use crate::{
    failure::{Attempt, Failure, Phase},
    stream::{Socket, Transport, tls::Description},
};
use deadline::Deadline;
use line::{Line, Parts};
use race::Course;
use socket::TcpConnector;

/// Connects as planned: look-up, then a race over the addresses, then the proxies in their order, then TLS if wanted.
/// Dropping the future gives all of it up: sockets close, a look-up that the system cannot cancel is left to end by itself.
///
/// Fails with the system's code in phase `lookup` or `connect`, with the codes of [`tls`] in phase `tls`, or with `ETIMEDOUT`
/// and no syscall when the plan's timeout is over. On the way through proxies everything is of phase `proxy`, the first
/// connection too: none of it is the target's doing unless the failure says so.
pub async fn dial(plan: Plan) -> Result<Dialled, Failure> {
    plan.socket.check()?;
    let deadline = Deadline::after(plan.timeout);
    let Connected { socket, peer, local, attempts, mut timings } = match connect(&plan, deadline).await {
        Err(failure) if !plan.hops.is_empty() => return Err(proxy::on_the_way(&plan, 0, failure)),
        result => result?,
    };
    if plan.hops.is_empty() && plan.tls.is_none() {
        let (stream, early) = (socket.into(), Vec::new());
        return Ok(Dialled { stream, early, tls: None, timings, attempts, peer, local });
    }
    match go_on(&plan, socket, deadline, &mut timings).await {
        Ok((stream, early, tls)) => Ok(Dialled { stream, early, tls, timings, attempts, peer, local }),
        // Behind a proxy the peer is not the one that all of this is about.
        Err(failure) if !plan.hops.is_empty() => Err(Failure { attempts: attempts.into(), ..failure }),
        Err(failure) => Err(failing::after_connect(failure, peer, attempts)),
    }
}

/// A socket that is connected to the target or to the first proxy.
struct Connected {
    socket: Socket,
    peer: SocketAddr,
    local: SocketAddr,
    attempts: Vec<Attempt>,
    timings: Timings,
}

async fn connect(plan: &Plan, deadline: Deadline) -> Result<Connected, Failure> {
    let began = Instant::now();
    let found = match deadline.bound(plan.to.find()).await {
        Some(found) => found?,
        None => return Err(failing::lookup_timed_out(plan)),
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
    let (peer, socket) = match won {
        Some(Some(won)) => won,
        Some(None) => return Err(failing::all_refused(plan, &course)),
        None => return Err(failing::connect_timed_out(plan, &course)),
    };
    let timings = Timings { lookup, connect: millis_since(began), proxy: None, tls: None };
    let local = socket
        .local_addr()
        .map_err(|error| Failure::system_at(&error, Phase::Connect, "getsockname", peer))?;
    Ok(Connected { socket, peer, local, attempts: course.attempts(), timings })
}

/// From the first connection to the target: proxies, then TLS.
async fn go_on(
    plan: &Plan,
    socket: Socket,
    deadline: Deadline,
    timings: &mut Timings,
) -> Result<(Transport, Vec<u8>, Option<Description>), Failure> {
    let broken = |error: io::Error| Failure::system(&error, Phase::Connect, "connect");
    let mut line = socket.into_std().and_then(|socket| Line::new(socket, Vec::new())).map_err(broken)?;
    if !plan.hops.is_empty() {
        let began = Instant::now();
        proxy::pass_all(plan, &mut line, deadline).await?;
        timings.proxy = Some(millis_since(began));
    }
    let mut description = None;
    if let Some(tls) = &plan.tls {
        let began = Instant::now();
        description = match deadline.bound(tls.secure(&mut line)).await {
            Some(described) => Some(described?),
            None => return Err(failing::tls_timed_out(plan)),
        };
        timings.tls = Some(millis_since(began));
    }
    let Parts { socket, layers, early } = line.into_parts().map_err(broken)?;
    let transport = Transport::new(socket.try_into().map_err(broken)?, layers, plan.tls.is_some());
    Ok((transport, early, description))
}

fn millis_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}

#[cfg(test)]
#[path = "dial_tests.rs"]
mod tests;
