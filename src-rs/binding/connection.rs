//! One connection as JavaScript holds it: a session, its registration with the loop, its alarm. Knows no operation's meaning.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    rc::{Rc, Weak},
    time::{Duration, Instant},
};

use napi::sys;
use napi_derive::napi;

use super::{
    environment::{Environment, environment},
    failures::{NativeAttempt, attempt},
    memory::{Value, external},
    post::{Direct, Post},
};
use crate::{
    dial::{Dialled, Timings, tls::Secured},
    failure::{Attempt, Failure, Phase},
    framing::Markers,
    reactor::{Ready, WRITES_TRY_AGAIN, Watch},
    session::{OpId, Session, closed},
    stream::{Transport, tls::Description},
};

/// A connection; JavaScript's `TcpClient` holds it by its number and by an external value whose collection ends it.
pub struct Connection {
    token: u32,
    live: RefCell<Option<Live>>,
    peer: SocketAddr,
    local: SocketAddr,
    timings: Cell<Timings>,
    attempts: Box<[Attempt]>,
    /// What TLS handshake agreed on, the dial's or a later one's.
    pub tls: RefCell<Option<Description>>,
    /// The operation that waits for a TLS handshake, which the environment has under way.
    pub upgrade: Cell<Option<OpId>>,
    /// Bytes read and written, once closed.
    totals: Cell<(u64, u64)>,
    /// The markers last searched for, which the next search is likely to be for again.
    pub markers: RefCell<Option<Rc<Markers>>>,
}

/// Dropped in this order: the registration must end before its socket closes.
struct Live {
    watch: Box<dyn Watch>,
    session: Session<Transport>,
    /// When the environment was asked to come back.
    alarm: Option<Instant>,
}

/// Ends the connection when JavaScript has collected its client.
struct Holder {
    environment: Weak<Environment>,
    token: u32,
}

impl Drop for Holder {
    fn drop(&mut self) {
        if let Some(environment) = self.environment.upgrade() {
            let connection = environment.connections.borrow_mut().try_remove(self.token as usize);
            if let Some(connection) = connection {
                connection.abandon();
                connection.settle_upgrade(&environment);
            }
        }
    }
}

impl Connection {
    /// Takes over what a dial has made; the value is `[token, holder]` for JavaScript.
    pub fn open(environment: &Rc<Environment>, dialled: Dialled) -> Result<sys::napi_value, Failure> {
        let mut connections = environment.connections.borrow_mut();
        let entry = connections.vacant_entry();
        let token = entry.key() as u32;
        let watch = environment
            .reactor
            .watch(dialled.stream.socket(), token as usize)
            .map_err(|error| Failure::system(&error, Phase::Connect, "poll"))?;
        let session = Session::new(dialled.stream, &dialled.early);
        let connection = Rc::new(Connection {
            token,
            live: RefCell::new(Some(Live { watch, session, alarm: None })),
            peer: dialled.peer,
            local: dialled.local,
            timings: Cell::new(dialled.timings),
            attempts: dialled.attempts.into(),
            tls: RefCell::new(dialled.tls),
            upgrade: Cell::default(),
            totals: Cell::default(),
            markers: RefCell::default(),
        });
        entry.insert(connection);
        drop(connections);
        let holder = external(environment.env, Holder { environment: Rc::downgrade(environment), token });
        let mut pair = ptr::null_mut();
        // SAFETY: a live environment within a handle scope.
        unsafe {
            sys::napi_create_array_with_length(environment.env, 2, &mut pair);
            let number = super::memory::number(environment.env, token.into());
            sys::napi_set_element(environment.env, pair, 0, number);
            sys::napi_set_element(environment.env, pair, 1, holder);
        }
        Ok(pair)
    }

    /// Closes the socket without telling anyone.
    pub fn abandon(&self) {
        if let Ok(mut live) = self.live.try_borrow_mut() {
            live.take();
        }
    }

    /// Whether an alarm at `time` is still wanted.
    pub fn waits_until(&self, time: Instant) -> bool {
        match self.live.try_borrow() {
            Ok(live) => live.as_ref().is_some_and(|live| live.alarm == Some(time)),
            // It is being worked on, and may have asked for this one.
            Err(_) => true,
        }
    }

    /// The loop says that the socket is ready.
    pub fn ready(&self, environment: &Environment, ready: Ready) {
        let mut post = Post { mailbox: &environment.mailbox, direct: None };
        let _ = self.run(environment, &mut post, |session, post| session.ready(ready, post));
    }

    /// The time that `alarm` was set to has come.
    pub fn rang(&self, environment: &Environment, now: Instant) {
        if let Ok(mut live) = self.live.try_borrow_mut()
            && let Some(live) = live.as_mut()
            && live.alarm.is_some_and(|time| time <= now)
        {
            live.alarm = None;
        }
        let mut post = Post { mailbox: &environment.mailbox, direct: None };
        let _ = self.run(environment, &mut post, |session, post| session.expire(now, post));
    }

    /// Its TLS handshake has ended.
    pub fn upgraded(&self, environment: &Environment, result: Result<Secured, Failure>) {
        let mut post = Post { mailbox: &environment.mailbox, direct: None };
        let result = result.map(|Secured { layers, early, description, millis }| {
            self.tls.replace(Some(description));
            self.timings.set(Timings { tls: Some(millis), ..self.timings.get() });
            (layers, early)
        });
        let _ = self.run(environment, &mut post, |session, post| session.end_upgrade(result, post));
    }

    /// Gives up a handshake that nobody waits for any more.
    fn settle_upgrade(&self, environment: &Environment) {
        // Where it is being worked on, that work ends here too.
        let Ok(live) = self.live.try_borrow() else { return };
        let waits = live.as_ref().is_some_and(|live| live.session.is_upgrading());
        if !waits && let Some(op) = self.upgrade.take() {
            environment.abandon_dial(op);
        }
    }

    /// Lets `act` work on the session, then brings the registration and the alarm up to date. Fails when the
    /// connection is closed, or when the code below has a defect: then it is closed, with `ERR_INTERNAL`.
    pub fn run<R>(
        &self,
        environment: &Environment,
        post: &mut Post<'_>,
        act: impl FnOnce(&mut Session<Transport>, &mut Post<'_>) -> R,
    ) -> Result<R, Failure> {
        let result = self.work(environment, post, act);
        if self.upgrade.get().is_some() {
            self.settle_upgrade(environment);
        }
        result
    }

    fn work<R>(
        &self,
        environment: &Environment,
        post: &mut Post<'_>,
        act: impl FnOnce(&mut Session<Transport>, &mut Post<'_>) -> R,
    ) -> Result<R, Failure> {
        let Ok(mut guard) = self.live.try_borrow_mut() else { return Err(internal()) };
        let Some(live) = guard.as_mut() else { return Err(closed(Phase::Read)) };
        let result = catch_unwind(AssertUnwindSafe(|| act(&mut live.session, post)));
        let result = match result {
            Ok(result) => Ok(result),
            Err(_) => {
                // The state is no longer to be trusted, but every pending operation must still end.
                let _ = catch_unwind(AssertUnwindSafe(|| live.session.fail_all(&internal(), post)));
                environment.reactor.waker()();
                self.drop_live(&mut guard);
                return Err(internal());
            }
        };
        if live.session.is_closed() {
            self.drop_live(&mut guard);
            return result;
        }
        let interest = live.session.interest();
        if let Err(error) = live.watch.want(interest) {
            let failure = Failure::system(&error, Phase::Read, "poll");
            live.session.fail_all(&failure, post);
            environment.reactor.waker()();
            self.drop_live(&mut guard);
            return result;
        }
        let unasked = WRITES_TRY_AGAIN.filter(|_| interest.write).map(|wait| Instant::now() + wait);
        if let Some(deadline) = live.session.next_deadline().into_iter().chain(unasked).min()
            && live.alarm.is_none_or(|alarm| deadline < alarm)
        {
            live.alarm = Some(deadline);
            environment.alarm(self.token, deadline);
        }
        result
    }

    fn drop_live(&self, live: &mut Option<Live>) {
        if let Some(live) = live.take() {
            self.totals.set((live.session.bytes_read(), live.session.bytes_written()));
        }
    }

    fn counters(&self) -> (u64, u64, usize) {
        match self.live.borrow().as_ref() {
            Some(live) => (live.session.bytes_read(), live.session.bytes_written(), live.session.buffered()),
            None => (self.totals.get().0, self.totals.get().1, 0),
        }
    }
}

fn internal() -> Failure {
    Failure::new("ERR_INTERNAL", Phase::Read, "a defect in tcpull; the connection was closed")
}

/// Finds a connection and calls `act` with an outbox for the call of `op`; gives the value to return.
pub fn call<R>(
    id: u32,
    token: u32,
    direct: Direct,
    act: impl FnOnce(&Connection, &mut Session<Transport>, &mut Post<'_>) -> R,
) -> Value {
    match environment(id) {
        Some(environment) => call_in(&environment, token, direct, act),
        None => Value(ptr::null_mut()),
    }
}

/// [`call`], where the environment is at hand.
pub fn call_in<R>(
    environment: &Environment,
    token: u32,
    direct: Direct,
    act: impl FnOnce(&Connection, &mut Session<Transport>, &mut Post<'_>) -> R,
) -> Value {
    let op = direct.op;
    let mut post = Post { mailbox: &environment.mailbox, direct: Some(direct) };
    let connection = environment.connection(token);
    let result = match &connection {
        Some(connection) => {
            connection.run(environment, &mut post, |session, post| act(connection, session, post))
        }
        None => Err(closed(Phase::Read)),
    };
    if let Err(failure) = result {
        post.fail(op, failure);
    }
    post.result()
}

/// Now, that many milliseconds later; 0 means no deadline.
pub fn deadline(millis: f64) -> Option<Instant> {
    // A deadline past what the clock can hold is none.
    (millis > 0.0)
        .then(|| Duration::try_from_secs_f64(millis / 1000.0).ok())?
        .and_then(|wait| Instant::now().checked_add(wait))
}

/// An operation without memory or text of its own.
pub fn plain(op: OpId) -> Direct {
    Direct { op, memory: None, codec: None, result: None }
}

/// Bytes read, bytes written and bytes buffered.
#[napi(catch_unwind)]
pub fn counters(environment: u32, token: u32) -> Vec<f64> {
    let connection = find(environment, token);
    let (read, written, buffered) = connection.map_or((0, 0, 0), |connection| connection.counters());
    vec![read as f64, written as f64, buffered as f64]
}

/// What the dial found out.
#[napi(object, object_from_js = false)]
pub struct NativeDescription {
    pub remote_address: String,
    pub remote_port: u32,
    pub remote_family: u32,
    pub local_address: String,
    pub local_port: u32,
    pub lookup: Option<f64>,
    pub connect: f64,
    pub proxy: Option<f64>,
    pub tls: Option<f64>,
    pub attempts: Vec<NativeAttempt>,
}

/// Addresses, times and attempts of a connection, open or closed.
#[napi(catch_unwind)]
pub fn describe(environment: u32, token: u32) -> Option<NativeDescription> {
    let connection = find(environment, token)?;
    let timings = connection.timings.get();
    Some(NativeDescription {
        remote_address: connection.peer.ip().to_string(),
        remote_port: connection.peer.port().into(),
        remote_family: if connection.peer.is_ipv4() { 4 } else { 6 },
        local_address: connection.local.ip().to_string(),
        local_port: connection.local.port().into(),
        lookup: timings.lookup,
        connect: timings.connect,
        proxy: timings.proxy,
        tls: timings.tls,
        attempts: connection.attempts.iter().map(attempt).collect(),
    })
}

/// The environment, if the connection is closed.
pub fn is_closed(id: u32, token: u32) -> Option<napi::sys::napi_env> {
    let closed = find(id, token)?.live.borrow().is_none();
    closed.then(|| environment(id)).flatten().map(|environment| environment.env)
}

fn find(id: u32, token: u32) -> Option<Rc<Connection>> {
    environment(id)?.connection(token)
}
