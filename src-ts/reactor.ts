// Which source of events native code uses here; knows hosts and one environment variable, not what a reactor does.

/** `uv`: the host's own libuv loop. `tokio`: a thread of ours, for hosts without one. */
export type Reactor = 'uv' | 'tokio'

/**
 * What `TCPULL_REACTOR` says, else what suits the host; `undefined` leaves it to native code, which takes libuv where it
 * finds it.
 *
 * @throws an `Error` with code `ERR_INVALID_ARG_VALUE` when the variable names no reactor
 */
export function reactorFor(host: Pick<NodeJS.Process, 'env' | 'versions'>): Reactor | undefined {
  const wanted = host.env['TCPULL_REACTOR']
  if (wanted === 'uv' || wanted === 'tokio') return wanted
  if (wanted) {
    const message = `TCPULL_REACTOR must be "uv" or "tokio"; it is ${JSON.stringify(wanted)}`
    throw Object.assign(new RangeError(message), { code: 'ERR_INVALID_ARG_VALUE' })
  }
  // Both have functions by libuv's names, of which some end the process when called.
  return 'bun' in host.versions || 'deno' in host.versions ? 'tokio' : undefined
}
