// A socket, plain or over TLS, that connects and has its command to send, for every peer that builds upon one.
import { connect } from 'node:net'
import { createSecureContext, connect as secureConnect } from 'node:tls'

/** @param {object} [options] further options of net.connect; `tls` are those of tls.connect, if it is to be that */
export function open(port, command, options) {
  const socket = dial(port, options)
  socket.write(`${command}\n`)
  return socket
}

/** The far end of a process is one and the same, and a context is dear: made once, as its documentation advises. */
let secureContext

/** As `open`, without a command. */
export function dial(port, { tls, ...options } = {}) {
  const place = { host: '127.0.0.1', port, noDelay: true, ...options }
  if (!tls) return connect(place)
  const { ca, ...own } = tls
  secureContext ??= createSecureContext({ ca })
  // Of `noDelay` tls.connect knows nothing.
  return secureConnect({ ...place, ...own, secureContext }).setNoDelay(true)
}

/** Settles when the socket has closed: rejects with its error if it had one. */
export function closed(socket) {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => resolve())
  })
}
