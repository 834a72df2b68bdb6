// What TLS adds to reading, writing and ending: close_notify, ends without it, bytes that are no TLS, a handshake that does
// not end. Everything else the engine's own tests hold over TLS too; trust and options have files of their own.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { SecureVersion } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { connect, processRequest, type TcpClient } from 'tcpull'
import './helpers/over-tls'
import { all, latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { everyKind } from './helpers/mixed-script'
import { everything, pair, portOf, received, sent, turns, written } from './helpers/peer'
import { printing, program } from './helpers/programs'
import { numbers } from './helpers/random'
import { patient, reads } from './helpers/reads'
import { type Relay, relay, type Treatment } from './helpers/relay'
import { LARGEST_RECORD, rawOf, secure, trust } from './helpers/secure'

const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const

/** A TCP server for one test. */
async function listen(t: ExecutionContext, serve: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    serve(socket)
  })
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

interface Meeting {
  client: TcpClient
  socket: Socket
  way: Relay
}

/** Both ends of a connection, with the way between them in sight. */
async function meet(t: ExecutionContext, version?: SecureVersion, treatment?: Treatment): Promise<Meeting> {
  let accepted: (socket: Promise<Socket>) => void = () => {}
  const accepting = new Promise<Socket>((resolve) => {
    accepted = resolve
  })
  const server = await listen(t, (socket) => accepted(secure(socket, version)))
  const way = await relay(portOf(server), treatment)
  t.teardown(() => way.close())
  const client = await connect({ host: '127.0.0.1', port: way.port }, { tls: trust() })
  t.teardown(() => client.destroy())
  return { client, socket: await accepting, way }
}

/** The kind and length of each record (RFC 8446 section 5.1). */
function recordsOf(bytes: Buffer): [kind: number, length: number][] {
  const records: [number, number][] = []
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    records.push([bytes[at] as number, bytes.readUInt16BE(at + 3)])
  }
  return records
}

// Two bytes, sealed: TLS 1.3 hides the kind and adds 17, AES-GCM in TLS 1.2 adds 24.
const CLOSE_NOTIFY = { 'TLSv1.3': [23, 19], 'TLSv1.2': [21, 26] }

for (const version of VERSIONS) {
  test(`end sends close_notify and then ends the connection under it, and reading goes on, over ${version}`, async (t) => {
    const { client, socket, way } = await meet(t, version)
    await client.write('question')
    t.is(await received(socket, 8), 'question')
    const { length } = way.fromClient
    await client.end()
    t.is((await within(everything(socket))).length, 0)
    t.deepEqual(recordsOf(way.fromClient.subarray(length)), [CLOSE_NOTIFY[version]])
    while (!way.ended) await turns(1)
    socket.write('answer\n')
    t.is(await client.readLine(), 'answer')
    socket.end()
    t.is(await client.read(), null)
  })

  test(`close sends close_notify after what was written, destroy nothing, over ${version}`, async (t) => {
    const one = await meet(t, version)
    const { length } = one.way.fromClient
    const writing = one.client.write('last words')
    await within(Promise.all([writing, one.client.close()]))
    t.is(String(await within(everything(one.socket))), 'last words')
    t.deepEqual(recordsOf(one.way.fromClient.subarray(length)).slice(1), [CLOSE_NOTIFY[version]])

    const two = await meet(t, version)
    const before = two.way.fromClient.length
    const failed = once(two.socket.resume(), 'error')
    two.client.destroy()
    const [error] = await within(failed)
    t.is(error.code, 'ECONNRESET')
    t.is(two.way.fromClient.length, before)
    t.false(two.way.ended)
  })

  test(`close_notify is the end, although the connection under it goes on, over ${version}`, async (t) => {
    const { client, socket } = await meet(t, version, { endless: true })
    socket.end('rest')
    t.is(String(await within(client.readAll())), 'rest')
    for (const _ of [1, 2]) t.is(await client.read(), null)
    await client.write('still here')
    t.is(await within(received(socket, 10)), 'still here')
    await within(client.close())
    t.is((await within(everything(socket))).length, 0)
  })

  test(`the peers of the engine's tests send records of every size, over ${version}`, async (t) => {
    const { client, socket, way } = await meet(t, version)
    const { length } = way.fromServer
    const data = Buffer.alloc(1_000_000, 'abc')
    socket.end(data)
    t.true((await within(client.readAll())).equals(data))
    const added = (CLOSE_NOTIFY[version][1] as number) - 2
    const sizes = recordsOf(way.fromServer.subarray(length)).map(([, size]) => size - added)
    for (const size of [1, 2, LARGEST_RECORD - 1, LARGEST_RECORD]) t.true(sizes.includes(size), `${size}`)
    t.true(new Set(sizes).size > 20)
  })
}

for (const [name, read] of Object.entries({ ...patient, ...reads })) {
  test(`${name}: an end without close_notify is told after the data, again and again, and is no clean end`, async (t) => {
    const both = await sent(t, 'abc\n')
    const { client, socket, port } = both
    rawOf(socket).end()
    if (name !== 'request' && name in reads) t.regex(await outcome(read(client)), /^abc?\n?$/)
    else t.is(latin1(await client.readExactly(4)), 'abc\n')
    const shape = { name: 'TcpError', code: 'ERR_TLS_TRUNCATED', syscall: undefined, address: '127.0.0.1', port }
    for (const _ of [1, 2]) {
      const { phase, message } = await fails(t, read(client), shape)
      t.regex(phase ?? '', name === 'request' ? /^(read|write)$/ : /^read$/)
      t.regex(message, /close_notify/)
    }
  })

  test(`${name}: an end without close_notify reaches a read that waits, which leaves what had come`, async (t) => {
    const { client, socket } = await pair(t)
    const reading = outcome(read(client))
    await turns(2)
    if (name in patient) await written(socket, 'abc')
    rawOf(socket).end()
    t.is(await reading, 'ERR_TLS_TRUNCATED')
    if (name in patient) t.is(latin1(await client.readExactly(3)), 'abc')
    t.is(await outcome(client.read()), 'ERR_TLS_TRUNCATED')
  })
}

test('iterators throw at an end without close_notify, after the data', async (t) => {
  const { client, socket } = await sent(t, '1\n2\nrest')
  rawOf(socket).end()
  const seen: string[] = []
  const iterating = (async () => {
    for await (const line of client.lines()) seen.push(line)
  })()
  await fails(t, iterating, { code: 'ERR_TLS_TRUNCATED', phase: 'read' })
  t.deepEqual(seen, ['1', '2'])
  t.is(latin1(await client.read()), 'rest')
})

test('a connection whose end was cut off can be closed', async (t) => {
  const { client, socket } = await pair(t)
  rawOf(socket).end()
  t.is(await outcome(client.read()), 'ERR_TLS_TRUNCATED')
  await within(client.close())
  t.is(await outcome(client.read()), 'ERR_CLOSED')
})

test('bytes that are no TLS are told after the data before them, again and again', async (t) => {
  for (const garbage of ['HTTP/1.1 400 Bad Request\r\n\r\n', Buffer.alloc(50_000), Buffer.from('1703030000', 'hex')]) {
    const { client, socket } = await sent(t, 'abc\n')
    rawOf(socket).write(garbage)
    t.is(await client.readLine(), 'abc')
    for (const _ of [1, 2]) {
      const error = await fails(t, client.readAll(), { phase: 'read' })
      t.regex(error.code, /^ERR_SSL_\w+$/, error.message)
    }
    await within(client.close())
  }
})

test('what TLS agreed on, and how long it took, is known before and after close', async (t) => {
  for (const how of ['close', 'destroy'] as const) {
    const { client } = await pair(t)
    if (how === 'close') t.is(client.tls?.protocol, 'TLSv1.3')
    await client[how]()
    t.like(client.tls, { protocol: 'TLSv1.3', alpn: null })
    t.is(client.tls?.certificates.length, 1)
    t.true((client.timings.tls ?? -1) > 0)
    t.true(client.encrypted)
  }
})

test('an address of tls:// is talked to over TLS', async (t) => {
  const server = await listen(t, async (raw) => {
    const socket = await secure(raw)
    socket.pipe(socket)
  })
  const address = `tls://127.0.0.1:${portOf(server)}`
  const client = await connect(address, { tls: trust() })
  t.true(client.encrypted)
  t.is(await client.request('question\n', { line: true }), 'question')
  await client.close()
  t.is(String(await processRequest(address, 'question\n', { tls: trust() })), 'question\n')
  t.is(await processRequest(address, 'question\n', { tls: trust(), encoding: 'utf8' }), 'question\n')
})

test('a dial whose TLS handshake is not answered times out or is aborted, and the connection is given up', async (t) => {
  let closed: Promise<unknown> = Promise.resolve()
  const server = await listen(t, (socket) => {
    closed = once(socket.resume(), 'close')
    socket.on('end', () => socket.end())
  })
  const address = { host: '127.0.0.1', port: portOf(server) }
  const timedOut = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'tls', address: '127.0.0.1', port: address.port }
  const error = await fails(t, connect(address, { tls: trust(), timeout: 200 }), timedOut)
  t.like(error.attempts, [{ address: '127.0.0.1', outcome: 'won' }])
  await within(closed)
  const abort = new AbortController()
  const dialling = connect(address, { tls: trust(), signal: abort.signal })
  await turns(20)
  abort.abort('why')
  await fails(t, dialling, { name: 'AbortError', code: 'ABORT_ERR', cause: 'why', port: address.port })
  await within(closed)
})

const endings: Record<string, [answer: (socket: Socket) => unknown, code: string]> = {
  'says something else': [(socket) => socket.write('220 ready\r\n'), 'ERR_SSL_WRONG_VERSION_NUMBER'],
  'says zeros': [(socket) => socket.write(Buffer.alloc(100_000)), 'ERR_SSL_WRONG_VERSION_NUMBER'],
  'ends the connection': [(socket) => socket.end(), 'ERR_TLS_TRUNCATED'],
  'ends it within a record': [(socket) => socket.end(Buffer.from('1603030100', 'hex')), 'ERR_TLS_TRUNCATED'],
  'resets the connection': [(socket) => socket.resetAndDestroy(), 'ECONNRESET']
}

for (const [what, [answer, code]] of Object.entries(endings)) {
  test(`a dial to a peer that ${what} in the TLS handshake fails, ${code}`, async (t) => {
    const server = await listen(t, (socket) => socket.once('data', () => answer(socket)))
    const port = portOf(server)
    const shape = { name: 'TcpError', code, phase: 'tls', address: '127.0.0.1', port }
    await fails(t, connect({ host: '127.0.0.1', port }, { tls: trust() }), shape)
    await fails(t, processRequest({ host: '127.0.0.1', port }, 'x', { tls: trust() }), shape)
  })
}

test('every kind of read gives its answer out of records that come byte by byte', async (t) => {
  const { client, socket } = await meet(t, undefined, { pace: 'drip' })
  for (const seed of [1, 2, 3]) {
    const parts = everyKind(numbers(seed))
    socket.write(Buffer.concat(parts.map(({ bytes }) => bytes)))
    for (const { call, gives } of parts) t.deepEqual(await within(call(client)), gives)
  }
  socket.end()
  t.is(await within(client.read()), null)
})

test('lines come whole out of records of one byte', async (t) => {
  const { client, socket } = await pair(t)
  const reading = all(() => client.readLine())
  for (const byte of Buffer.from('one\r\ntwo\nthree')) await written(socket, Buffer.from([byte]))
  socket.end()
  t.deepEqual(await within(reading), ['one', 'two', 'three'])
})

test('the process ends only after a TLS handshake timed out', async (t) => {
  const ended = await program(`
    const server = require('node:net').createServer((socket) => socket.unref()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    server.unref()
    connect({ host: '127.0.0.1', port: server.address().port }, { timeout: 300 })
      .catch((error) => console.log(error.code, error.phase))`)
  t.deepEqual(ended, printing('ETIMEDOUT tls'))
})
