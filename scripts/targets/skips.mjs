// What a target's tests cannot do for want of something that is not ours, each with its reason; there is no other list.
// Fewer than ten in all: a failure is a bug of ours until the opposite is shown.

/** `file` is under `build/test`; without a `title` all of it is left out. `targets` are names of `targets.mjs`. */
export const skips = [
  {
    file: 'tls-engine.spec.js',
    title: 'close sends close_notify after what was written, destroy nothing, over TLSv1.3',
    targets: ['win32-x64-msvc', 'win32-ia32-msvc'],
    reason:
      "Windows resets a connection that is closed before the server's session tickets were read, which Wine brings late"
  },
  {
    file: 'tls-upgrade-failures.spec.js',
    title: 'close lets what was written during the handshake leave after it',
    targets: ['win32-x64-msvc', 'win32-ia32-msvc'],
    reason: 'the same'
  }
]

/** The limit that the project sets itself, over all targets. */
export const MOST = 9

export function skipsOf(target) {
  return skips.filter(({ targets }) => targets.includes(target.name))
}
