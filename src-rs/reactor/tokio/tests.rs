//! The reactor over real sockets, with a queue in place of Node-API: its turns come when the test lets them.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream as Far},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::Duration,
};

use tokio::runtime::Runtime;

use super::*;
use crate::stream::Stream as _;

/// Longer than any event takes: a hang becomes a failure.
const GUARD: Duration = Duration::from_secs(60);
const READ: Ready = Ready { read: true, write: false };
const WRITE: Ready = Ready { read: false, write: true };

struct Queue {
    sender: Sender<()>,
    held: Rc<RefCell<Vec<bool>>>,
}

impl Host for Queue {
    fn waker(&self) -> Waker {
        let sender = Mutex::new(self.sender.clone());
        Arc::new(move || sender.lock().unwrap().send(()).unwrap_or(()))
    }

    fn keep_alive(&self, on: bool) {
        self.held.borrow_mut().push(on);
    }

    fn close(&self, done: Box<dyn FnOnce()>) {
        done();
    }
}

#[derive(Default)]
struct Seen(RefCell<Vec<(usize, Ready)>>);

impl Turn for Seen {
    fn turn(&self, ready: &[(usize, Ready)]) {
        self.0.borrow_mut().extend(ready);
    }
}

struct Desk {
    reactor: TokioReactor,
    calls: Receiver<()>,
    held: Rc<RefCell<Vec<bool>>>,
    seen: Rc<Seen>,
    _runtime: Runtime,
}

impl Desk {
    fn new() -> Desk {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, calls) = channel();
        let held = Rc::default();
        let reactor =
            TokioReactor::new(runtime.handle().clone(), Box::new(Queue { sender, held: Rc::clone(&held) }));
        let seen = Rc::new(Seen::default());
        reactor.start(seen.clone());
        Desk { reactor, calls, held, seen, _runtime: runtime }
    }

    /// The next turn's notes.
    fn turn(&self) -> Vec<(usize, Ready)> {
        self.calls.recv_timeout(GUARD).expect("a turn is asked for");
        self.reactor.turner()();
        self.seen.0.take()
    }

    /// No turn is asked for, as far as a while can tell.
    fn is_silent(&self) -> bool {
        self.calls.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout)
    }
}

fn pair() -> (Socket, Far) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = Far::connect(listener.local_addr().unwrap()).unwrap();
    (ours.try_into().unwrap(), listener.accept().unwrap().0)
}

/// Writes until the system takes no more; gives how much it took.
fn fill(socket: &mut Socket) -> usize {
    let chunk = vec![0; 1 << 16];
    let mut written = 0;
    while let Ok(count) = socket.write_vectored(&[io::IoSlice::new(&chunk)]) {
        written += count;
    }
    written
}

#[test]
fn bytes_that_come_later_are_noted_once_until_they_are_asked_for_again() {
    let desk = Desk::new();
    let (mut ours, mut far) = pair();
    let watch = desk.reactor.watch(&ours, 7).unwrap();
    watch.want(READ).unwrap();
    assert!(desk.is_silent());
    far.write_all(b"ab").unwrap();
    assert_eq!(desk.turn(), [(7, READ)]);
    assert!(desk.is_silent());
    assert_eq!(ours.read(&mut [0; 8]).unwrap(), 2);
    watch.want(READ).unwrap();
    assert!(desk.is_silent(), "what was read is no longer there");
    far.write_all(b"c").unwrap();
    assert_eq!(desk.turn(), [(7, READ)]);
}

#[test]
fn bytes_that_are_there_already_are_noted_however_often_they_were_before() {
    let desk = Desk::new();
    let (ours, mut far) = pair();
    let watch = desk.reactor.watch(&ours, 1).unwrap();
    far.write_all(b"ab").unwrap();
    for _ in 0..5 {
        watch.want(READ).unwrap();
        assert_eq!(desk.turn(), [(1, READ)]);
        watch.want(Ready::NONE).unwrap();
        assert!(desk.is_silent());
    }
}

#[test]
fn what_nobody_waits_for_any_more_is_not_noted() {
    let desk = Desk::new();
    let (ours, mut far) = pair();
    let watch = desk.reactor.watch(&ours, 1).unwrap();
    watch.want(READ).unwrap();
    watch.want(Ready::NONE).unwrap();
    far.write_all(b"a").unwrap();
    assert_eq!(desk.turn(), []);
    watch.want(READ).unwrap();
    drop(watch);
    assert_eq!(desk.turn(), []);
}

#[test]
fn room_for_writing_is_noted_at_once_or_when_the_far_end_has_read() {
    let desk = Desk::new();
    let (mut ours, mut far) = pair();
    let watch = desk.reactor.watch(&ours, 1).unwrap();
    watch.want(WRITE).unwrap();
    assert_eq!(desk.turn(), [(1, WRITE)]);
    let written = fill(&mut ours);
    watch.want(WRITE).unwrap();
    assert!(desk.is_silent(), "there is no room");
    far.read_exact(&mut vec![0; written]).unwrap();
    assert_eq!(desk.turn(), [(1, WRITE)]);
}

#[test]
fn both_directions_are_noted_each_for_itself() {
    let desk = Desk::new();
    let (ours, mut far) = pair();
    let watch = desk.reactor.watch(&ours, 1).unwrap();
    far.write_all(b"a").unwrap();
    watch.want(Ready::BOTH).unwrap();
    let mut seen = desk.turn();
    while seen.len() < 2 {
        seen.extend(desk.turn());
    }
    assert!(seen.contains(&(1, READ)) && seen.contains(&(1, WRITE)), "{seen:?}");
}

#[test]
fn an_end_and_a_reset_are_something_to_read() {
    for reset in [false, true] {
        let desk = Desk::new();
        let (ours, far) = pair();
        let watch = desk.reactor.watch(&ours, 1).unwrap();
        watch.want(READ).unwrap();
        if reset {
            socket2::SockRef::from(&far).set_linger(Some(Duration::ZERO)).unwrap();
            drop(far);
        } else {
            far.shutdown(Shutdown::Write).unwrap();
        }
        assert_eq!(desk.turn(), [(1, READ)]);
    }
}

#[test]
fn the_connection_ends_with_the_session_s_socket_once_the_watch_has_gone() {
    let desk = Desk::new();
    let (ours, mut far) = pair();
    let watch = desk.reactor.watch(&ours, 1).unwrap();
    watch.want(READ).unwrap();
    drop(watch);
    drop(ours);
    assert_eq!(far.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn a_turn_comes_at_the_last_time_that_was_asked_for_and_never_earlier() {
    let desk = Desk::new();
    desk.reactor.wake_at(Some(Instant::now()));
    assert_eq!(desk.turn(), []);
    desk.reactor.wake_at(Some(Instant::now() + GUARD));
    desk.reactor.wake_at(None);
    let time = Instant::now() + Duration::from_millis(20);
    desk.reactor.wake_at(Some(time));
    assert_eq!(desk.turn(), []);
    assert!(Instant::now() >= time);
    assert!(desk.is_silent());
}

#[test]
fn wakers_of_other_threads_bring_one_turn_together_and_none_after_the_end() {
    let desk = Desk::new();
    let waker = desk.reactor.waker();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| waker());
        }
    });
    assert_eq!(desk.turn(), []);
    assert!(desk.is_silent());
    let Desk { reactor, calls, .. } = desk;
    let closed = Rc::new(Cell::new(false));
    let told = closed.clone();
    reactor.close(Box::new(move || told.set(true)));
    assert!(closed.get());
    drop(reactor);
    waker();
    assert!(calls.try_recv().is_err());
}

#[test]
fn a_note_that_is_never_handed_over_goes_with_its_reactor() {
    let Desk { reactor, calls, seen, _runtime: runtime, .. } = Desk::new();
    let (ours, mut far) = pair();
    let watch = reactor.watch(&ours, 1).unwrap();
    watch.want(READ).unwrap();
    far.write_all(b"a").unwrap();
    calls.recv_timeout(GUARD).unwrap();
    let notes = Arc::downgrade(&reactor.0.notes);
    drop(watch);
    reactor.close(Box::new(|| {}));
    drop((reactor, runtime));
    assert!(notes.upgrade().is_none());
    assert_eq!(*seen.0.borrow(), []);
}

#[test]
fn the_process_is_held_while_anything_waits_or_is_pending() {
    let desk = Desk::new();
    let (one, _far) = pair();
    let (two, _other_far) = pair();
    let (first, second) = (desk.reactor.watch(&one, 1).unwrap(), desk.reactor.watch(&two, 2).unwrap());
    first.want(READ).unwrap();
    second.want(READ).unwrap();
    first.want(Ready::NONE).unwrap();
    assert_eq!(*desk.held.borrow(), [true]);
    desk.reactor.keep_alive(true);
    drop(second);
    assert_eq!(*desk.held.borrow(), [true]);
    desk.reactor.keep_alive(false);
    desk.reactor.keep_alive(false);
    assert_eq!(*desk.held.borrow(), [true, false]);
}
