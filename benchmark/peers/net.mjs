// Node's `net`, and `tls` where that is used alike, as one who knows them would use them: callbacks on the hot path, no
// needless copies, cork, onread.
import { once } from 'node:events'
import { atOnce } from '../harness/at-once.mjs'
import { MEBIBYTE, PING } from '../harness/checks.mjs'
import { closed, open } from './open.mjs'

/** With `onread`, chunks come in one static buffer: no allocation, and none of the stream's queue. */
export function pingPong({ port, tls, units, check, connections, command, onread = false }) {
  return atOnce(connections, connections, async () => {
    const ping = Buffer.alloc(PING, 'p')
    const pong = pongs()
    let number = 0
    const receive = (chunk) => {
      const whole = pong(chunk)
      if (!whole) return
      check.pong(whole, number++)
      if (number === units / connections) return socket.end()
      ping[0] = number
      socket.write(ping)
    }
    const socket = open(port, command, { tls, onread: onread ? staticBuffer(4096, receive) : undefined })
    if (!onread) socket.on('data', receive)
    ping[0] = number
    socket.write(ping)
    await closed(socket)
  })
}

/** The `onread` option that gives each chunk as a view of one buffer, and goes on reading. */
function staticBuffer(size, receive) {
  const callback = (length, buffer) => {
    receive(buffer.subarray(0, length))
    return true
  }
  return { buffer: Buffer.allocUnsafe(size), callback }
}

/** Puts a pong together where it comes in parts; one that comes whole is taken as it is. */
function pongs() {
  let part = null
  return (chunk) => {
    const whole = part ? Buffer.concat([part, chunk]) : chunk
    // A part may lie in the static buffer: what stays is copied.
    part = whole.length < PING ? Buffer.from(whole) : null
    return part ? null : whole
  }
}

export async function chunks({ port, units, check }) {
  const socket = open(port, `bytes ${units * MEBIBYTE}`)
  for await (const chunk of socket) check.piece(chunk)
}

export async function chunksByEvent({ check, ...job }) {
  await closed(openBytes(job, (chunk) => check.piece(chunk)))
}

export async function readInto({ check, size, ...job }) {
  await closed(openBytes(job, (chunk) => check.piece(chunk), size))
}

/**
 * A socket that is sent so many MiB, which `take` is given: as they come, or by a static buffer of that size. Over TLS
 * they are not sent before all of them are sealed, as the far end's roles tell.
 */
function openBytes({ port, tls, units, start }, take, size) {
  let ready = !tls
  const receive = (chunk) => {
    if (ready) return take(chunk)
    ready = true
    start()
    socket.write('go\n')
  }
  const command = `${tls ? 'sealed' : 'bytes'} ${units * MEBIBYTE}`
  const socket = open(port, command, { tls, onread: size && staticBuffer(size, receive) })
  return size ? socket : socket.on('data', receive)
}

export async function smallWrites({ port, units, check, together, corked = true }) {
  const socket = open(port, 'sink')
  await once(socket, 'connect')
  const data = Buffer.alloc(PING, 'w')
  for (let left = units; left > 0; left -= together) {
    await new Promise((resolve) => {
      if (corked) socket.cork()
      for (let i = 1; i < together; i++) socket.write(data)
      // Writes are done in order: the last one's callback speaks for all.
      socket.write(data, resolve)
      if (corked) socket.uncork()
    })
  }
  socket.setEncoding('latin1').end()
  let answer = ''
  for await (const part of socket) answer += part
  check.total(answer)
}

export function openAskClose({ port, units, check, atOnce: width }) {
  return atOnce(units, width, async () => {
    const socket = open(port, 'ask').setEncoding('latin1')
    let answer = ''
    socket.on('data', (part) => {
      answer += part
    })
    await closed(socket)
    check.answer(answer)
  })
}

/** A socket always reads, so `reading` changes nothing; the listener is one for all of them. */
export function idle({ port, units, check, atOnce: width }) {
  const pong = (chunk) => check.pong(chunk, 0)
  return atOnce(units, width, async () => {
    const socket = open(port, 'echo').on('data', pong)
    socket.write(Buffer.alloc(PING))
    await once(socket, 'data')
    return socket
  })
}
