// Node's `tls` where it differs from `net`: its handshakes, in full, resumed, and alone.
import { once } from 'node:events'
import { atOnce } from '../harness/at-once.mjs'
import { closed, dial, open } from './open.mjs'

/** Resumed ones all by one ticket, which the far end lets serve any number: cheaper than keeping each that comes. */
export async function handshakes({ port, tls, units, check, start, atOnce: width, resumed }) {
  const session = resumed ? await firstSession(port, tls) : undefined
  start()
  await atOnce(units, width, async () => {
    const socket = open(port, 'ask', { tls: { ...tls, session } }).setEncoding('latin1')
    let reused
    let answer = ''
    socket.once('secureConnect', () => {
      reused = socket.isSessionReused()
    })
    socket.on('data', (part) => {
      answer += part
    })
    await closed(socket)
    check.handshake(answer, reused)
  })
}

/** Handshakes alone, all at once; the sockets are kept, as what closing them takes is not to be measured. */
export function secure({ port, tls, units, check }) {
  return atOnce(units, units, async () => {
    const socket = dial(port, { tls })
    await once(socket, 'secureConnect')
    check.secured(socket.isSessionReused())
    return socket
  })
}

async function firstSession(port, tls) {
  const socket = open(port, 'ask', { tls }).resume()
  const [[session]] = await Promise.all([once(socket, 'session'), closed(socket)])
  return session
}
