//! libuv's functions, found by name in the running executable; knows their C signatures and nothing of their use.

use std::{
    ffi::{c_int, c_uint, c_void},
    io,
    sync::OnceLock,
};

use crate::stream::RawSocketHandle;

/// `uv_loop_t`, only ever seen through a pointer.
pub type Loop = c_void;
/// Any `uv_*_t` handle, only ever seen through a pointer.
pub type Handle = c_void;
/// `uv_check_cb`, `uv_timer_cb`, `uv_async_cb`, `uv_close_cb`: all take the handle alone.
pub type Callback = unsafe extern "C" fn(*mut Handle);
/// `uv_poll_cb`.
pub type PollCallback = unsafe extern "C" fn(*mut Handle, c_int, c_int);

/// `UV_READABLE` of `uv_poll_event`.
pub const READABLE: c_int = 1;
/// `UV_WRITABLE` of `uv_poll_event`.
pub const WRITABLE: c_int = 2;

/// `uv_handle_type` values; fixed since libuv 1.0 (uv.h, `UV_HANDLE_TYPE_MAP`).
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Kind {
    /// `UV_ASYNC`
    Async = 1,
    /// `UV_CHECK`
    Check = 2,
    /// `UV_POLL`
    Poll = 8,
    /// `UV_TIMER`
    Timer = 13,
}

#[cfg(unix)]
const POLL_INIT: &str = "uv_poll_init";
#[cfg(windows)]
const POLL_INIT: &str = "uv_poll_init_socket";

macro_rules! functions {
    ($($field:ident = $name:expr, ($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions used here.
        #[allow(missing_docs)]
        pub struct Uv { $(pub $field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)* }

        impl Uv {
            fn find() -> Result<Uv, libloading::Error> {
                #[cfg(unix)]
                let executable = libloading::os::unix::Library::this();
                #[cfg(windows)]
                let executable = libloading::os::windows::Library::this()?;
                // SAFETY: the signatures are those of uv.h, the same in every libuv 1.x.
                Ok(unsafe { Uv { $($field: *executable.get($name.as_bytes())?,)* } })
            }
        }
    };
}

functions! {
    handle_size = "uv_handle_size", (c_uint) -> usize;
    set_data = "uv_handle_set_data", (*mut Handle, *mut c_void);
    get_data = "uv_handle_get_data", (*const Handle) -> *mut c_void;
    reference = "uv_ref", (*mut Handle);
    unreference = "uv_unref", (*mut Handle);
    close = "uv_close", (*mut Handle, Callback);
    poll_init = POLL_INIT, (*mut Loop, *mut Handle, RawSocketHandle) -> c_int;
    poll_start = "uv_poll_start", (*mut Handle, c_int, PollCallback) -> c_int;
    poll_stop = "uv_poll_stop", (*mut Handle) -> c_int;
    timer_init = "uv_timer_init", (*mut Loop, *mut Handle) -> c_int;
    timer_start = "uv_timer_start", (*mut Handle, Callback, u64, u64) -> c_int;
    timer_stop = "uv_timer_stop", (*mut Handle) -> c_int;
    check_init = "uv_check_init", (*mut Loop, *mut Handle) -> c_int;
    check_start = "uv_check_start", (*mut Handle, Callback) -> c_int;
    check_stop = "uv_check_stop", (*mut Handle) -> c_int;
    async_init = "uv_async_init", (*mut Loop, *mut Handle, Callback) -> c_int;
    async_send = "uv_async_send", (*mut Handle) -> c_int;
}

/// What a negative `status` of libuv's says: on POSIX the negated number of the system.
#[cfg(unix)]
pub fn error(status: c_int) -> io::Error {
    io::Error::from_raw_os_error(-status)
}

/// What a negative `status` of libuv's says: on Windows a number of libuv's own (uv/errno.h), here turned back into
/// Winsock's.
#[cfg(windows)]
pub fn error(status: c_int) -> io::Error {
    match status {
        -4092 => io::Error::from_raw_os_error(10013), // EACCES
        -4083 => io::Error::from_raw_os_error(6),     // EBADF
        -4071 => io::Error::from_raw_os_error(10022), // EINVAL
        -4066 => io::Error::from_raw_os_error(10024), // EMFILE
        -4060 => io::Error::from_raw_os_error(10055), // ENOBUFS
        -4057 => io::Error::from_raw_os_error(8),     // ENOMEM
        -4050 => io::Error::from_raw_os_error(10038), // ENOTSOCK
        other => io::Error::other(format!("libuv's status {other}")),
    }
}

/// The executable's libuv; an error names the first function that is not there.
pub fn uv() -> Result<&'static Uv, &'static str> {
    static FOUND: OnceLock<Result<Uv, String>> = OnceLock::new();
    FOUND.get_or_init(|| Uv::find().map_err(|error| error.to_string())).as_ref().map_err(String::as_str)
}
