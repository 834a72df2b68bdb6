//! Sessions over a scripted stream, with an outbox that records and a clock that is told the time; no Node, no socket.

mod closing;
mod filling;
mod peer;
mod reading;
mod schedules;
mod wire;
mod writing;
