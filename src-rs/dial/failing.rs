//! The failures of a dial, told so that a person sees which address said what; knows no sockets.

use std::{net::SocketAddr, time::Duration};

use super::{
    Plan,
    race::{Course, Refusal},
};
use crate::failure::{Attempt, Failure, Outcome, Phase, system_code};

/// As many attempts as a message lists; the failure itself holds all.
const LISTED: usize = 8;

/// No address let us connect. One address: Node's own message. Several: the most telling refusal stands for all, and the
/// message lists them.
pub fn all_refused(plan: &Plan, course: &Course) -> Failure {
    let attempts = course.attempts();
    let Some(telling) = most_telling(course) else {
        return Failure::new("ERR_INTERNAL", Phase::Connect, format!("{}: no address was tried", plan.to));
    };
    let failure = Failure::system_at(&telling.error, Phase::Connect, telling.syscall, telling.address);
    if attempts.len() == 1 {
        return Failure { attempts: attempts.into(), ..failure };
    }
    let message = format!(
        "{} {} {}: all {} addresses failed: {}",
        telling.syscall,
        failure.code,
        plan.to,
        attempts.len(),
        list(&attempts),
    );
    Failure { message, address: None, attempts: attempts.into(), ..failure }
}

/// The time was over before the name had addresses.
pub fn lookup_timed_out(plan: &Plan) -> Failure {
    timed_out(plan, Phase::Lookup, format!("looking up {}", plan.to.host), Vec::new())
}

/// The time was over before an address let us connect.
pub fn connect_timed_out(plan: &Plan, course: &Course) -> Failure {
    let attempts = course.attempts();
    timed_out(plan, Phase::Connect, format!("connecting: {}", list(&attempts)), attempts)
}

/// The time was over before the TLS handshake was.
pub fn tls_timed_out(plan: &Plan) -> Failure {
    timed_out(plan, Phase::Tls, "in the TLS handshake".into(), Vec::new())
}

/// The time was over before a proxy had answered.
pub fn proxy_timed_out(plan: &Plan) -> Failure {
    timed_out(plan, Phase::Proxy, "passing the proxy".into(), Vec::new())
}

/// The time was over before a TLS handshake on a connection that was in use already was.
pub fn handshake_timed_out(timeout: Option<Duration>) -> Failure {
    let millis = timeout.unwrap_or_default().as_millis();
    Failure::new("ETIMEDOUT", Phase::Tls, format!("the TLS handshake timed out after {millis} ms"))
}

/// What failed after an address had let us connect.
pub fn after_connect(failure: Failure, peer: SocketAddr, attempts: Vec<Attempt>) -> Failure {
    Failure { address: Some(peer.into()), attempts: attempts.into(), ..failure }
}

fn timed_out(plan: &Plan, phase: Phase, doing: String, attempts: Vec<Attempt>) -> Failure {
    let millis = plan.timeout.unwrap_or_default().as_millis();
    let message = format!("connection to {} timed out after {millis} ms while {doing}", plan.target());
    Failure { attempts: attempts.into(), ..Failure::new("ETIMEDOUT", phase, message) }
}

/// The first refusal that says something of the far end or of this process' limits. The others only say that this machine
/// has no way to that kind of address, as most machines have none to IPv6; they count when there is nothing else.
fn most_telling(course: &Course) -> Option<&Refusal> {
    let no_way = |refusal: &&Refusal| {
        let code = system_code(&refusal.error);
        matches!(&*code, "EADDRNOTAVAIL" | "EAFNOSUPPORT" | "EHOSTUNREACH" | "ENETUNREACH")
    };
    course.refusals().find(|refusal| !no_way(refusal)).or_else(|| course.refusals().next())
}

fn list(attempts: &[Attempt]) -> String {
    let mut parts: Vec<_> = attempts.iter().take(LISTED).map(tell).collect();
    if attempts.len() > LISTED {
        parts.push(format!("and {} more", attempts.len() - LISTED));
    }
    parts.join(", ")
}

fn tell(attempt: &Attempt) -> String {
    let outcome = match &attempt.outcome {
        Outcome::Failed(code) => code,
        Outcome::Unfinished => "unfinished",
        Outcome::Won => "connected",
    };
    format!("{} {outcome} after {:.1} ms", attempt.address, attempt.millis)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, ErrorKind},
        net::SocketAddr,
        time::Duration,
    };

    use super::{
        super::race::{Connector, Stagger, race},
        *,
    };

    /// Refuses port n with the n-th of its errors.
    struct Refusing(Vec<ErrorKind>);

    impl Connector for Refusing {
        type Stream = ();

        async fn connect(&self, address: SocketAddr) -> Result<(), Refusal> {
            let error = io::Error::from(self.0[usize::from(address.port())]);
            Err(Refusal { syscall: "connect", address, error })
        }
    }

    #[tokio::test]
    async fn the_refusal_of_a_reached_host_counts_more_than_a_missing_way() {
        use ErrorKind::{
            AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, OutOfMemory, TimedOut,
        };
        let table: &[(&[ErrorKind], ErrorKind)] = &[
            (&[ConnectionRefused], ConnectionRefused),
            (&[NetworkUnreachable], NetworkUnreachable),
            (&[NetworkUnreachable, ConnectionRefused], ConnectionRefused),
            (&[ConnectionRefused, NetworkUnreachable], ConnectionRefused),
            (&[AddrNotAvailable, HostUnreachable, TimedOut, ConnectionRefused], TimedOut),
            (&[HostUnreachable, NetworkUnreachable], HostUnreachable),
            (&[NetworkUnreachable, OutOfMemory], OutOfMemory),
        ];
        for (kinds, expected) in table {
            let addresses: Vec<_> = (0..kinds.len()).map(|n| ([127, 0, 0, 1], n as u16).into()).collect();
            let mut course = Course::default();
            let stagger = Stagger::After(Duration::from_secs(1));
            assert!(race(&Refusing(kinds.to_vec()), &addresses, stagger, &mut course).await.is_none());
            assert_eq!(most_telling(&course).unwrap().error.kind(), *expected, "{kinds:?}");
        }
    }
}
