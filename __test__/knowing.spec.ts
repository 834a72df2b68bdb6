// What a client knows of itself, before and after close: addresses, counters, times, its last error; and the error class.

import test from 'ava'
import * as tcpull from 'tcpull'
import { TcpClient, TcpError } from 'tcpull'
import { fails, matches, outcome } from './helpers/failures'
import { arrive, freePort, listen, pair, portOf, sent } from './helpers/peer'
import { connect, overTls } from './helpers/transport'

test('a client knows both ends of its connection, open and closed', async (t) => {
  const { client, socket, port } = await pair(t)
  const check = (): void => {
    t.is(client.remoteAddress, '127.0.0.1')
    t.is(client.remotePort, port)
    t.is(client.remoteFamily, 'IPv4')
    t.is(client.localAddress, '127.0.0.1')
    t.is(client.localPort, socket.remotePort as number)
    t.is(client.encrypted, overTls)
    t.true(client.timings.connect >= 0)
    t.is(client.timings.lookup, null)
    t.is(client.timings.proxy, null)
    t.is(client.timings.tls !== null, overTls)
    t.like(client.attempts, [{ address: '127.0.0.1', port, family: 4, outcome: 'won' }])
    t.false('code' in (client.attempts[0] ?? {}))
  }
  check()
  t.false(client.closed)
  await client.close()
  check()
  t.true(client.closed)
})

test('what was not asked for before close is known after it', async (t) => {
  for (const how of ['close', 'destroy'] as const) {
    const { client, port } = await pair(t)
    await client[how]()
    t.is(client.remotePort, port)
    t.is(client.attempts.length, 1)
  }
})

test('a client over IPv6 says so', async (t) => {
  const server = await listen(t, () => {}, '::1')
  const client = await connect(`[::1]:${portOf(server)}`)
  t.teardown(() => client.destroy())
  t.is(client.remoteFamily, 'IPv6')
  t.is(client.remoteAddress, '::1')
  t.is(client.localAddress, '::1')
})

test('bytes are counted, open and closed', async (t) => {
  const both = await sent(t, 'abc')
  const { client } = both
  t.deepEqual([client.bytesRead, client.bytesWritten, client.buffered], [3, 0, 3])
  await client.readExactly(1)
  await client.write('hello')
  t.deepEqual([client.bytesRead, client.bytesWritten, client.buffered], [3, 5, 2])
  await arrive(both, '\nde')
  await client.readLine()
  t.deepEqual([client.bytesRead, client.bytesWritten, client.buffered], [6, 5, 2])
  await client.close()
  t.deepEqual([client.bytesRead, client.bytesWritten, client.buffered], [6, 5, 0])
})

test('lines that wait in a batch count as buffered', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n4\n5\n')
  for (let left = 8; left >= 0; left -= 2) {
    await client.readLine()
    t.is(client.buffered, left)
  }
})

test('the last error is that of the last call', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  t.is(client.lastError, null)
  const error = await fails(t, client.readLine({ timeout: 5 }), { code: 'ETIMEDOUT' })
  t.is(client.lastError, error)
  await client.readExactly(1)
  t.is(client.lastError, null)
  t.is(await outcome(client.readUntil('x', { maxSize: 1 })), 'ERR_LIMIT')
  matches(t, client.lastError, { code: 'ERR_LIMIT' })
  await client.write('x')
  t.is(client.lastError, null)
  socket.end()
  t.is(await outcome(client.readExactly(10)), 'ERR_UNEXPECTED_END')
  matches(t, client.lastError, { code: 'ERR_UNEXPECTED_END' })
  await client.close()
  await fails(t, client.read(), { code: 'ERR_CLOSED' })
  matches(t, client.lastError, { code: 'ERR_CLOSED' })
})

test("a wrong argument is the caller's error and not the connection's", async (t) => {
  const { client } = await pair(t)
  await t.throwsAsync(client.readExactly(-1), { instanceOf: RangeError })
  t.is(client.lastError, null)
})

test('an error is an Error with its details, and prints as one', async (t) => {
  const port = await freePort()
  const error = await fails(t, connect({ host: '127.0.0.1', port }), { name: 'TcpError', code: 'ECONNREFUSED' })
  t.true(error instanceof Error)
  t.is(Object.prototype.toString.call(error), '[object Error]')
  t.is(error.message, `connect ECONNREFUSED 127.0.0.1:${port}`)
  t.is(String(error), `TcpError: connect ECONNREFUSED 127.0.0.1:${port}`)
  t.false(Object.keys(error).includes('name'))
  t.like(JSON.parse(JSON.stringify(error)), { code: 'ECONNREFUSED', port, address: '127.0.0.1', phase: 'connect' })
})

test('the stack of an error leads to the caller', async (t) => {
  const { client } = await pair(t)
  const theCaller = async (): Promise<unknown> => await client.readExactly(5, { timeout: 5 })
  const { stack } = await fails(t, theCaller(), { code: 'ETIMEDOUT' })
  t.regex(stack ?? '', /theCaller/)
})

test("an error of one's own can be made", (t) => {
  const cause = new Error('why')
  const error = new TcpError('message', { code: 'ERR_MINE', phase: 'read', port: 1, cause })
  t.like(error, { name: 'TcpError', message: 'message', code: 'ERR_MINE', phase: 'read', port: 1 })
  t.is(error.cause, cause)
  t.false('address' in error)
})

test('a client is made by connect alone, which is TcpClient.connect too', async (t) => {
  t.is(TcpClient.connect, tcpull.connect)
  t.throws(() => new (TcpClient as never as new (...all: unknown[]) => unknown)(), { instanceOf: TypeError })
  const { client } = await pair(t)
  t.true(client instanceof TcpClient)
  t.true((await connect({ host: '127.0.0.1', port: client.remotePort })) instanceof TcpClient)
})

test('the package exports what its contract names, and nothing else', (t) => {
  t.deepEqual(Object.keys(tcpull).sort(), ['TcpClient', 'TcpError', 'connect', 'processRequest'])
})
