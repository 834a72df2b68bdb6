//! One JavaScript environment: its reactor, its mailbox, its turns and its end. Knows connections only as members of a turn.

use std::{
    cell::{Cell, RefCell},
    cmp::Reverse,
    collections::BinaryHeap,
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    rc::Rc,
    time::Instant,
};

use napi::{
    Env,
    bindgen_prelude::{FromNapiValue, retain_current_module_for_unload_safety},
    sys,
};
use napi_derive::napi;
use slab::Slab;

use super::{
    connection::Connection,
    dials::Dials,
    mail::{MAIL_LENGTH, Mailbox},
    memory::{Reference, Value},
    reactor::{Chosen, choose},
};
use crate::reactor::{Reactor, Ready, Turn};

/// What belongs to one environment (the main thread or a worker).
pub struct Environment {
    pub env: sys::napi_env,
    pub mailbox: Mailbox,
    pub reactor: Box<dyn Reactor>,
    summoned: Option<Box<dyn Fn()>>,
    /// JavaScript's callback: so many records are in the mailbox.
    settled: Reference,
    /// Small writes of a tick, one after the other; filled by JavaScript.
    outgoing: (*const u8, usize),
    _outgoing: Reference,
    /// The connections by token. A token is used again only when JavaScript has forgotten it.
    pub connections: RefCell<Slab<Rc<Connection>>>,
    alarms: RefCell<BinaryHeap<Reverse<(Instant, u32)>>>,
    /// When the reactor's timer will fire.
    wake_at: Cell<Option<Instant>>,
    pub dials: Dials,
}

thread_local! {
    /// The environments of this thread by number: one, unless the module was loaded again.
    static ENVIRONMENTS: RefCell<Vec<Option<Rc<Environment>>>> = const { RefCell::new(Vec::new()) };
}

/// The environment that `start` numbered `id`.
pub fn environment(id: u32) -> Option<Rc<Environment>> {
    ENVIRONMENTS.try_with(|all| all.borrow().get(id as usize).cloned().flatten()).ok().flatten()
}

/// Prepares this environment. `mail` (a Float64Array), `values` (an array) and `outgoing` (a Uint8Array) are shared
/// with the native side for good; `settled()` is called when operations have ended, and when something that was written
/// meanwhile is to be sent. `reactor` asks for one by its name; `summons()` is called when [`turn`] is to be called in the
/// next turn of the loop. Gives the environment's number, the name of its reactor and its most frequent calls.
#[napi(
    catch_unwind,
    ts_args_type = "mail: Float64Array, values: unknown[], outgoing: Uint8Array, settled: () => void, summons: () => void, reactor?: string",
    ts_return_type = "{ environment: number; reactor: string; readSome(token: number, op: number, max: number, timeout: number): unknown; readExactly(token: number, op: number, size: number, timeout: number): unknown; sendSmall(token: number, start: number, length: number): unknown }"
)]
pub fn start(
    env: Env,
    mail: Value,
    values: Value,
    outgoing: Value,
    settled: Value,
    summons: Value,
    reactor: Option<String>,
) -> napi::Result<Value> {
    let raw = env.raw();
    // The dialling threads outlive a worker, and Node unloads what only workers have loaded.
    retain_current_module_for_unload_safety();
    // SAFETY: the values are those of this call; the module keeps both arrays and lets nobody detach them.
    let (numbers, out) =
        unsafe { (<&mut [f64]>::from_napi_value(raw, mail.0)?, <&[u8]>::from_napi_value(raw, outgoing.0)?) };
    if numbers.len() != MAIL_LENGTH {
        return Err(napi::Error::from_reason(format!("the mailbox must have {MAIL_LENGTH} places")));
    }
    let Chosen { reactor, name, summoned } = choose(raw, reactor.as_deref(), summons.0)?;
    let environment = Rc::new(Environment {
        env: raw,
        mailbox: Mailbox::new(raw, (mail.0, numbers.as_mut_ptr()), values.0),
        reactor,
        summoned,
        settled: Reference::new(raw, settled.0),
        outgoing: (out.as_ptr(), out.len()),
        _outgoing: Reference::new(raw, outgoing.0),
        connections: RefCell::default(),
        alarms: RefCell::default(),
        wake_at: Cell::new(None),
        dials: Dials::default(),
    });
    environment.reactor.start(Rc::new(Turns(environment.clone())));
    let data = Rc::into_raw(environment.clone()).cast::<c_void>().cast_mut();
    let mut handle = ptr::null_mut();
    // SAFETY: `data` is given back to an `Rc` by the hook, which N-API calls once.
    unsafe { sys::napi_add_async_cleanup_hook(raw, Some(tear_down), data, &mut handle) };
    let id = ENVIRONMENTS.with(|all| {
        all.borrow_mut().push(Some(environment.clone()));
        all.borrow().len() as u32 - 1
    });
    Ok(Value(super::hot::object(environment, id, name)))
}

/// The environment ends: every socket is closed and every handle given back before the loop may go.
unsafe extern "C" fn tear_down(hook: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: made by `Rc::into_raw` in `start`; N-API calls the hook once.
    let environment = unsafe { Rc::from_raw(data.cast::<Environment>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        environment.dials.abandon_all();
        let connections = std::mem::take(&mut *environment.connections.borrow_mut());
        connections.iter().for_each(|(_, connection)| connection.abandon());
        // SAFETY: the hook's handle is removed once, when libuv has closed the last handle.
        let done = Box::new(move || {
            let _ = unsafe { sys::napi_remove_async_cleanup_hook(hook) };
        });
        environment.reactor.close(done);
        let _ = ENVIRONMENTS.try_with(|all| {
            for slot in all.borrow_mut().iter_mut() {
                slot.take_if(|other| Rc::ptr_eq(other, &environment));
            }
        });
    }));
}

impl Environment {
    /// Bytes `start..start + length` of the tick's small writes.
    pub fn outgoing(&self, start: usize, length: usize) -> Option<&[u8]> {
        if start.checked_add(length)? > self.outgoing.1 {
            return None;
        }
        // SAFETY: within the array, which lives as long as `self` and which JavaScript does not touch during a call.
        Some(unsafe { std::slice::from_raw_parts(self.outgoing.0.add(start), length) })
    }

    /// The connection that JavaScript calls `token`.
    pub fn connection(&self, token: u32) -> Option<Rc<Connection>> {
        self.connections.borrow().get(token as usize).cloned()
    }

    /// Asks for a turn of `token`'s connection at `time`.
    pub fn alarm(&self, token: u32, time: Instant) {
        let mut alarms = self.alarms.borrow_mut();
        if alarms.len() > 2 * self.connections.borrow().len() + 64 {
            // Most are of deadlines that were met, or of connections that are gone.
            alarms.retain(|Reverse((time, token))| {
                self.connection(*token).is_some_and(|connection| connection.waits_until(*time))
            });
        }
        alarms.push(Reverse((time, token)));
        drop(alarms);
        if self.wake_at.get().is_none_or(|earlier| time < earlier) {
            self.wake_at.set(Some(time));
            self.reactor.wake_at(Some(time));
        }
    }

    fn ring(&self) {
        let Some(time) = self.wake_at.get() else { return };
        let now = Instant::now();
        if time > now {
            return;
        }
        loop {
            let Some(Reverse((time, token))) = self.alarms.borrow().peek().copied() else { break };
            if time > now {
                break;
            }
            self.alarms.borrow_mut().pop();
            if let Some(connection) = self.connection(token) {
                connection.rang(self, now);
            }
        }
        let next = self.alarms.borrow().peek().map(|Reverse((time, _))| *time);
        self.wake_at.set(next);
        self.reactor.wake_at(next);
    }

    /// Calls JavaScript with what has settled; then, for as long as that makes it write, to send what it wrote.
    fn tell(&self) {
        if self.mailbox.deliver() == 0 {
            return;
        }
        self.mailbox.set_in_turn(true);
        self.enter();
        while self.mailbox.take_unsent() {
            self.mailbox.deliver();
            self.enter();
        }
        self.mailbox.set_in_turn(false);
    }

    /// Calls JavaScript's callback, which runs ticks and microtasks afterwards.
    fn enter(&self) {
        let callback = self.settled.get();
        let mut result = ptr::null_mut();
        // SAFETY: a live environment within a handle scope; the receiver may be any object. The call fails without
        // effect while the environment is terminating.
        unsafe {
            sys::napi_make_callback(
                self.env,
                ptr::null_mut(),
                callback,
                callback,
                0,
                ptr::null(),
                &mut result,
            )
        };
        self.report_exception();
    }
}

/// Holds the environment for its reactor, until the tear-down stops the reactor.
struct Turns(Rc<Environment>);

impl Turn for Turns {
    fn turn(&self, ready: &[(usize, Ready)]) {
        self.0.turn(ready);
    }
}

impl Environment {
    fn turn(self: &Rc<Self>, ready: &[(usize, Ready)]) {
        let mut scope = ptr::null_mut();
        // SAFETY: a live environment; the scope is closed below.
        if unsafe { sys::napi_open_handle_scope(self.env, &mut scope) } != sys::Status::napi_ok {
            return;
        }
        for (token, ready) in ready {
            if let Some(connection) = self.connection(*token as u32) {
                connection.ready(self, *ready);
            }
        }
        self.ring();
        self.finish_dials();
        self.tell();
        // SAFETY: opened above.
        unsafe { sys::napi_close_handle_scope(self.env, scope) };
    }

    /// What a tick of the caller's threw while JavaScript ran in a turn ends in N-API's hands, where no JavaScript takes
    /// it from: it is handed on as the uncaught exception that it is. Left pending it would make the turn's next calls
    /// fail; and a worker's termination, which is pending in the same way but told to nobody, would make napi's own hooks
    /// at the environment's end, which have no handle scope, abort the process.
    fn report_exception(&self) {
        let (mut pending, mut exception) = (false, ptr::null_mut());
        // SAFETY: a live environment within a handle scope; the last call fails without effect during a termination.
        unsafe {
            sys::napi_is_exception_pending(self.env, &mut pending);
            if pending {
                sys::napi_get_and_clear_last_exception(self.env, &mut exception);
                sys::napi_fatal_exception(self.env, exception);
            }
        }
    }
}

/// The turn that `summons` called for.
#[napi(catch_unwind)]
pub fn turn(environment: u32) {
    if let Some(environment) = self::environment(environment)
        && let Some(summoned) = &environment.summoned
    {
        summoned();
    }
}

/// Brings the next records into the mailbox, whose header says how many there are.
#[napi(catch_unwind)]
pub fn collect(environment: u32) {
    if let Some(environment) = self::environment(environment) {
        environment.mailbox.deliver();
    }
}

/// Gives a fresh `Uint8Array` to cut small answers from.
#[napi(catch_unwind, ts_args_type = "environment: number, memory: Uint8Array")]
pub fn renew_pool(environment: u32, memory: Value) {
    if let Some(environment) = self::environment(environment) {
        environment.mailbox.renew_pool(memory.0);
    }
}
