//! Names become addresses through the system's resolver; knows nothing of ports, families wanted or deadlines.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::runtime;
use crate::failure::{Failure, Phase, system_name};

/// What a look-up gives: addresses with port 0, in the system's order (RFC 6724), or the failure all askers share.
pub type Answer = Result<Arc<[SocketAddr]>, Failure>;

type Pending = watch::Receiver<Option<Answer>>;

/// Looks a name up on a thread of its own. Callers that ask for a name already being looked up share that look-up;
/// nothing is kept once it ends. Dropping the future leaves the other askers alone.
///
/// `localhost` is answered here, as RFC 6761 section 6.3 wants: it works without network or hosts file.
///
/// Fails in phase `lookup` with `ENOTFOUND` or `EAI_AGAIN`, as Node's `dns.lookup` does.
pub async fn resolve(name: &str) -> Answer {
    if name == "localhost" || name == "localhost." {
        return Ok([(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()].into());
    }
    let mut pending = join_or_begin(name, ask_system);
    match pending.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(answer)) => answer.clone(),
        _ => Err(Failure::new("ERR_INTERNAL", Phase::Lookup, format!("the look-up of {name} broke off"))),
    }
}

fn in_flight() -> MutexGuard<'static, HashMap<String, Pending>> {
    static IN_FLIGHT: LazyLock<Mutex<HashMap<String, Pending>>> = LazyLock::new(Mutex::default);
    IN_FLIGHT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn join_or_begin(name: &str, ask: impl FnOnce(&str) -> Answer + Send + 'static) -> Pending {
    let (entry, pending) = {
        let mut in_flight = in_flight();
        if let Some(pending) = in_flight.get(name) {
            return pending.clone();
        }
        let (announce, pending) = watch::channel(None);
        in_flight.insert(name.into(), pending.clone());
        (Entry { name: name.into(), announce, listed: true }, pending)
    };
    // The lock is free by now: where no thread can be had, the entry is dropped right here and takes the lock.
    runtime::handle().spawn_blocking(move || entry.answer_with(ask));
    pending
}

/// A name's place in the table of look-ups, given up however the look-up ends.
struct Entry {
    name: String,
    announce: watch::Sender<Option<Answer>>,
    listed: bool,
}

impl Entry {
    fn answer_with(mut self, ask: impl FnOnce(&str) -> Answer) {
        if self.is_wanted() {
            let answer = ask(&self.name);
            // Out of the table first: who asks after the answer must not get an old one.
            self.unlist(&mut in_flight());
            self.announce.send_replace(Some(answer));
        }
    }

    /// Whether anyone is left to tell when a thread has become free at last. Decided under the lock that joining takes,
    /// so that no one joins a look-up that will not happen.
    fn is_wanted(&mut self) -> bool {
        let mut in_flight = in_flight();
        let wanted = self.announce.receiver_count() > 1;
        if !wanted {
            self.unlist(&mut in_flight);
        }
        wanted
    }

    fn unlist(&mut self, in_flight: &mut HashMap<String, Pending>) {
        // Only once: the name's next entry may be another look-up's.
        if std::mem::take(&mut self.listed) {
            in_flight.remove(&self.name);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.listed {
            self.unlist(&mut in_flight());
        }
    }
}

fn ask_system(name: &str) -> Answer {
    match (name, 0).to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => Err(failure(name, &error)),
    }
}

fn failure(name: &str, error: &io::Error) -> Failure {
    let code = code(error);
    Failure {
        syscall: Some("getaddrinfo"),
        ..Failure::new(code, Phase::Lookup, format!("getaddrinfo {code} {name}"))
    }
}

/// Node's code for a failed look-up. std hands on Windows' numbers, but of Unix' EAI codes only `gai_strerror`'s words,
/// which nobody translates unless the host process has called `setlocale` for messages (Node does not). Where they are
/// not known, the name counts as not found, which is what libuv makes of EAI_NONAME and EAI_NODATA alike.
fn code(error: &io::Error) -> &'static str {
    const WSATRY_AGAIN: i32 = 11002;
    const WSANO_RECOVERY: i32 = 11003;
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    if error.raw_os_error() == Some(WSATRY_AGAIN)
        || says(&[
            "Temporary failure in name resolution",
            "Try again",
            "Name could not be resolved at this time",
        ])
    {
        "EAI_AGAIN"
    } else if error.raw_os_error() == Some(WSANO_RECOVERY)
        || says(&["Non-recoverable failure", "Unrecoverable error"])
    {
        "EAI_FAIL"
    } else if says(&["Memory allocation failure", "Out of memory"]) {
        "EAI_MEMORY"
    } else {
        // A number that is not the resolver's own is EAI_SYSTEM's: too many open files, say.
        match (error.raw_os_error(), system_name(error)) {
            (Some(_), Some(name)) => name,
            _ => "ENOTFOUND",
        }
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
