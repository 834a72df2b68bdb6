//! The dials and TLS handshakes that one environment has under way on tokio's thread; knows who is told of the outcome, not
//! how it comes about.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    mem,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use super::{connection::Connection, environment::Environment};
use crate::{
    dial::{self, Dialled, Dialling, Plan, tls::Secured},
    failure::Failure,
    session::OpId,
};

/// A dial's operation, and how many dials came before it: an operation's number may be used again while the outcome of a
/// dial that was given up is still on its way.
type Dial = (OpId, u64);

/// What came of a dial, or of a handshake for the connection with that token.
enum Outcome {
    Dialled(Result<Dialled, Failure>),
    Secured(u32, Result<Secured, Failure>),
}

/// What is under way, and what has ended.
#[derive(Default)]
pub struct Dials {
    pending: RefCell<HashMap<Dial, Dialling>>,
    begun: Cell<u64>,
    /// On their way from tokio's thread.
    ended: Arc<Mutex<Vec<(Dial, Outcome)>>>,
}

impl Dials {
    /// The environment ends, and a host may never free it: what nobody was told of goes too.
    pub fn abandon_all(&self) {
        self.pending.borrow_mut().clear();
        self.take_ended();
    }

    fn take_ended(&self) -> Vec<(Dial, Outcome)> {
        mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Environment {
    /// Starts a dial whose outcome will be settled as `op`.
    pub fn dial(&self, op: OpId, plan: Plan) {
        self.begin(op, dial::dial(plan), Outcome::Dialled);
    }

    /// Starts a handshake, whose outcome the connection will be told, as that of `op`.
    pub fn secure(
        &self,
        op: OpId,
        connection: u32,
        upgrade: impl Future<Output = Result<Secured, Failure>> + Send + 'static,
    ) {
        self.begin(op, upgrade, move |result| Outcome::Secured(connection, result));
    }

    fn begin<T: Send + 'static>(
        &self,
        op: OpId,
        dialling: impl Future<Output = Result<T, Failure>> + Send + 'static,
        outcome: impl FnOnce(Result<T, Failure>) -> Outcome + Send + 'static,
    ) {
        let Dials { pending, begun, ended } = &self.dials;
        let dial = (op, begun.replace(begun.get() + 1));
        let (ended, waker) = (ended.clone(), self.reactor.waker());
        let dialling = dial::start(dialling, move |result| {
            ended.lock().unwrap_or_else(PoisonError::into_inner).push((dial, outcome(result)));
            waker();
        });
        pending.borrow_mut().insert(dial, dialling);
        self.reactor.keep_alive(true);
    }

    /// Gives a dial up; an outcome that is on its way is dropped when it arrives. `false` when it was told already.
    pub fn abandon_dial(&self, op: OpId) -> bool {
        let mut pending = self.dials.pending.borrow_mut();
        let before = pending.len();
        pending.retain(|(other, _), _| *other != op);
        self.reactor.keep_alive(!pending.is_empty());
        pending.len() < before
    }

    /// Tells of the dials that have ended.
    pub fn finish_dials(self: &Rc<Self>) {
        let ended = self.dials.take_ended();
        if ended.is_empty() {
            return;
        }
        for (dial, outcome) in ended {
            if self.dials.pending.borrow_mut().remove(&dial).is_none() {
                continue;
            }
            match outcome {
                Outcome::Dialled(result) => {
                    let result = result.and_then(|dialled| Connection::open(self, dialled));
                    self.mailbox.settle(dial.0, result);
                }
                Outcome::Secured(token, result) => {
                    if let Some(connection) = self.connection(token) {
                        connection.upgraded(self, result);
                    }
                }
            }
        }
        self.reactor.keep_alive(!self.dials.pending.borrow().is_empty());
    }
}
