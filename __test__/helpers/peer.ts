// Servers that play the other side of a connection for one test, and the client that talks to them. Knows no cases.

import { once } from 'node:events'
import {
  type AddressInfo,
  createServer as createPlainServer,
  connect as netConnect,
  type Server,
  type Socket
} from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { ExecutionContext } from 'ava'
import type { ConnectOptions, TcpClient } from 'tcpull'
import { connect, createServer } from './transport'

/** The two ends of one connection. */
export interface Pair {
  client: TcpClient
  /** The server's end. It half-closes only when told to, and is paused until something reads it. */
  socket: Socket
  port: number
}

/** A server on a free port, closed with all its connections when the test ends. */
export async function listen(
  t: ExecutionContext,
  serve: (socket: Socket) => void,
  host = '127.0.0.1'
): Promise<Server> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    // The reset that a test provokes is the client's affair.
    socket.on('error', () => {})
    serve(socket)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server.listen(0, host), 'listening')
  return server
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** A port that nothing listens on: it was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createPlainServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const port = portOf(server)
  await once(server.close(), 'close')
  return port
}

// Listens, and then accepts nothing.
const DEAF = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:worker_threads').parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

// On Windows libuv has 32 connections accepted ahead, whatever the program does.
const FILLERS = process.platform === 'win32' ? 64 : 4

/** A port that leaves handshakes unanswered: its queue of connections not yet accepted is full. */
export async function silentPort(t: ExecutionContext): Promise<number> {
  const worker = new Worker(DEAF, { eval: true })
  t.teardown(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  let connected = 0
  const fillers = Array.from({ length: FILLERS }, () =>
    netConnect(port, '127.0.0.1', () => connected++).on('error', () => {})
  )
  t.teardown(() => {
    for (const filler of fillers) filler.destroy()
  })
  for (let before = -1; before < connected || connected === 0; ) {
    before = connected
    await turns(20)
  }
  return port
}

/** A connection, with both of its ends in the test's hands. */
export async function pair(t: ExecutionContext, options?: ConnectOptions): Promise<Pair> {
  let accepted: (socket: Socket) => void = () => {}
  const accepting = new Promise<Socket>((resolve) => {
    accepted = resolve
  })
  const server = await listen(t, (socket) => accepted(socket))
  const port = portOf(server)
  const client = await connect({ host: '127.0.0.1', port }, options)
  t.teardown(() => client.destroy())
  return { client, socket: await accepting, port }
}

/** A connection whose peer has sent `data`, all of which has come to the client's buffer. */
export async function sent(t: ExecutionContext, data: string | Uint8Array, options?: ConnectOptions): Promise<Pair> {
  const both = await pair(t, options)
  await arrive(both, data)
  return both
}

/** The peer sends `data`, which then waits in the client's buffer behind what was there. */
export async function arrive({ client, socket }: Pair, data: string | Uint8Array): Promise<void> {
  const size = Buffer.byteLength(data)
  const target = client.buffered + size
  socket.write(data)
  // Looking for more than is there reads ahead without taking anything.
  while (client.buffered < target) {
    const ahead = await client.readExactly(client.buffered + 1)
    client.unread(ahead)
  }
}

/** The peer's end has been seen by the client, whose buffered bytes stay. */
export async function ended({ client, socket }: Pair): Promise<void> {
  socket.end()
  await client.readExactly(client.buffered + 1).catch(() => {})
}

/** The peer's reset has reached the client's system. */
export async function reset({ socket }: Pair): Promise<void> {
  socket.resetAndDestroy()
  await once(socket, 'close')
  await turns(5)
}

/**
 * The peer sends `data` and resets. On Linux the client has read nothing yet. Windows throws away what it holds when a
 * reset comes (as `WSAECONNRESET` is documented), so that there only what a client has read ahead is still to be had.
 */
export async function resetAfter(both: Pair, data: string | Uint8Array): Promise<void> {
  if (process.platform === 'win32') {
    await arrive(both, data)
  } else {
    await written(both.socket, data)
    // Loopback needs no time, but many bytes need several reads.
    await turns(20)
  }
  await reset(both)
}

/** The peer's system has taken all of it. */
export async function written(socket: Socket, data: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.write(data, (error) => (error ? reject(error) : resolve()))
  })
}

/** Several turns of the event loop, in which loopback traffic gets where it goes. */
export async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn()
}

/** Everything the peer receives until the client's end. The peer can go on sending after it. */
export async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Lets the peer receive, and counts its bytes. */
export function counted(socket: Socket): { bytes: number } {
  const count = { bytes: 0 }
  socket.on('data', (chunk) => {
    count.bytes += chunk.length
  })
  socket.resume()
  return count
}

/** The next `size` bytes the peer receives. */
export async function received(socket: Socket, size: number): Promise<string> {
  let bytes = Buffer.alloc(0)
  while (bytes.length < size) {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) await once(socket, 'readable')
    else bytes = Buffer.concat([bytes, chunk])
  }
  return bytes.toString('latin1')
}

/**
 * Sends bytes of `data` over and over, `size` in all, a piece at a time: Windows takes one write of any size whole.
 * Gives how many the system has taken so far.
 */
export function flood(socket: Socket, size: number, data = 'x'): { taken: number } {
  const state = { taken: 0 }
  const piece = Buffer.alloc(64 * 1024, data)
  const next = (): void => {
    const part = piece.subarray(0, size - state.taken)
    if (part.length > 0) {
      socket.write(part, (error) => {
        if (error) return
        state.taken += part.length
        next()
      })
    }
  }
  next()
  return state
}

/** More than every buffer between the two ends holds. */
export const MORE_THAN_FITS = 64 * 1024 * 1024

/** So many bytes; one for all tests of a file, which run at once and have two gigabytes of addresses on 32 bits. */
export const large = Buffer.alloc(MORE_THAN_FITS)
