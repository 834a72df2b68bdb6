// A connected net.Socket with its command sent, for every peer that builds upon one.
import { connect } from 'node:net'

/** @param {object} [options] further options of net.connect */
export function open(port, command, options) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, ...options })
  socket.write(`${command}\n`)
  return socket
}

/** Settles when the socket has closed: rejects with its error if it had one. */
export function closed(socket) {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => resolve())
  })
}
