// `end`, `close`, `destroy` and `await using`: what the peer sees, what pending calls get, and that all are safe to repeat.

import { once } from 'node:events'
import test from 'ava'
import { latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { counted, everything, large, listen, MORE_THAN_FITS, pair, portOf, reset, sent, turns } from './helpers/peer'
import { connect } from './helpers/transport'

test('end half-closes: the peer sees the end, and reading goes on', async (t) => {
  const { client, socket } = await pair(t)
  await client.write('question')
  await client.end()
  t.is(String(await everything(socket)), 'question')
  socket.write('answer\n')
  t.is(await client.readLine(), 'answer')
  t.false(client.closed)
  socket.end()
  t.is(await client.read(), null)
})

test('end lets everything written before it leave first', async (t) => {
  const { client, socket } = await pair(t)
  const writes = [client.write('a'), client.write(Buffer.alloc(1_000_000, 'b')), client.write('c')]
  const ending = client.end()
  const all = await within(everything(socket))
  await within(Promise.all([...writes, ending]))
  t.is(all.length, 1_000_002)
  t.is(String(all.subarray(-1)), 'c')
})

test('end can be repeated, at once and later', async (t) => {
  const { client, socket } = await pair(t)
  await within(Promise.all([client.end(), client.end()]))
  await client.end()
  t.is((await everything(socket)).length, 0)
})

test('a write after end is refused', async (t) => {
  const { client } = await pair(t)
  const ending = client.end()
  const shape = { name: 'TcpError', code: 'ERR_STREAM_WRITE_AFTER_END', phase: 'write', bytesWritten: 0 }
  await fails(t, client.write('x'), shape)
  await ending
  await fails(t, client.writeLine('x'), shape)
  await fails(t, client.writeFrame('x', { length: 'u8' }), shape)
})

test('an end that waits can time out or be aborted, and then be asked for again', async (t) => {
  const { client, socket, port } = await pair(t)
  const writing = client.write(large)
  await fails(t, client.end({ timeout: 20 }), { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'write', port })
  const abort = new AbortController()
  const ending = client.end({ signal: abort.signal })
  abort.abort()
  await fails(t, ending, { name: 'AbortError', code: 'ABORT_ERR', phase: 'write' })
  const all = everything(socket)
  await within(Promise.all([writing, client.end()]))
  t.is((await within(all)).length, MORE_THAN_FITS)
})

test('end on a connection that the peer has ended is a whole end', async (t) => {
  const { client, socket } = await pair(t)
  socket.end('bye')
  t.is(String(await client.readAll()), 'bye')
  await client.write('bye too')
  await client.end()
  t.is(String(await everything(socket)), 'bye too')
})

test('close lets everything written leave, then the peer sees the end', async (t) => {
  const { client, socket } = await pair(t)
  const writes = [client.write('a'), client.write(Buffer.alloc(1_000_000, 'b')), client.write('c')]
  const closing = client.close()
  t.true(client.closed)
  const all = await within(everything(socket))
  t.is(all.length, 1_000_002)
  await within(Promise.all([...writes, closing]))
})

test('close after unread input is no reset for the peer', async (t) => {
  const { client, socket } = await pair(t)
  const errors: Error[] = []
  socket.on('error', (error) => errors.push(error))
  socket.write(Buffer.alloc(50_000))
  await turns(5)
  await client.write('last words')
  await client.close()
  t.is(String(await within(everything(socket))), 'last words')
  t.deepEqual(errors, [])
})

test('close and destroy fail everything that is pending', async (t) => {
  for (const how of ['close', 'destroy'] as const) {
    const { client, port } = await pair(t)
    const reads = [
      client.read(),
      client.readExactly(5),
      client.readExactly(1_000_000),
      client.readInto(new Uint8Array(5)),
      client.readUntil('\n'),
      client.readLine(),
      client.readAll(),
      client.readFrame({ length: 'u8' }),
      client.receive({ timeout: 20_000 }),
      client.expect('x'),
      client.lines().next(),
      client.lines().batches().next(),
      client.frames({ length: 'u8' }).next(),
      client[Symbol.asyncIterator]().next()
    ]
    const shape = { name: 'TcpError', code: 'ERR_CLOSED', address: '127.0.0.1', port }
    const checks = reads.map((read) => fails(t, read, shape))
    await client[how]()
    await Promise.all(checks)
  }
})

test('destroy fails the writes that wait', async (t) => {
  const { client } = await pair(t)
  const writes = [client.write(large), client.write('x'), client.end()]
  const checks = writes.map((write) => fails(t, write, { code: 'ERR_CLOSED', phase: 'write' }))
  await turns(10)
  client.destroy()
  await Promise.all(checks)
})

test('destroy resets the connection', async (t) => {
  const { client, socket } = await pair(t)
  const failed = once(socket, 'error')
  socket.resume()
  client.destroy()
  const [error] = await within(failed)
  t.is(error.code, 'ECONNRESET')
})

test('destroy in the tick of a write sends nothing of it', async (t) => {
  const { client, socket } = await pair(t)
  const writing = client.write('never')
  client.destroy()
  await fails(t, writing, { code: 'ERR_CLOSED', phase: 'write', bytesWritten: 0 })
  const count = counted(socket)
  await within(new Promise((resolve) => socket.on('close', resolve)))
  t.is(count.bytes, 0)
})

test('close and destroy can be repeated and mixed', async (t) => {
  const { client } = await pair(t)
  const closing = [client.close(), client.close()]
  client.destroy()
  client.destroy()
  await within(Promise.all([...closing, client.close()]))
  t.true(client.closed)
  const other = await pair(t)
  other.client.destroy()
  await within(Promise.all([other.client.close(), other.client.close()]))
  t.true(other.client.closed)
})

test('a close that waits can be destroyed', async (t) => {
  const { client } = await pair(t)
  const writing = fails(t, client.write(large), { code: 'ERR_CLOSED' })
  const closing = client.close()
  await turns(5)
  client.destroy()
  await within(closing)
  await writing
})

test('a close that takes too long, or is aborted, resets the connection', async (t) => {
  const one = await pair(t)
  const writing = outcome(one.client.write(large))
  await fails(t, one.client.close({ timeout: 20 }), { name: 'TimeoutError', code: 'ETIMEDOUT', port: one.port })
  t.is(await writing, 'ERR_CLOSED')
  t.true(one.client.closed)

  const two = await pair(t)
  const other = outcome(two.client.write(large))
  const abort = new AbortController()
  const closing = two.client.close({ signal: abort.signal })
  await turns(5)
  abort.abort()
  await fails(t, closing, { name: 'AbortError', code: 'ABORT_ERR', port: two.port })
  t.is(await other, 'ERR_CLOSED')
})

test('a repeated close may be in more of a hurry than the one before it', async (t) => {
  const { client } = await pair(t)
  const writing = outcome(client.write(large))
  const first = outcome(client.close())
  await fails(t, client.close({ timeout: 20 }), { name: 'TimeoutError', code: 'ETIMEDOUT' })
  t.is(await first, 'undefined')
  t.is(await writing, 'ERR_CLOSED')
})

test('close after a reset is done', async (t) => {
  const both = await pair(t)
  await reset(both)
  await within(both.client.close())
  const other = await pair(t)
  const writing = outcome(other.client.write(large))
  const closing = other.client.close()
  await reset(other)
  await within(closing)
  t.regex(await writing, /^(EPIPE|ECONNRESET)$/)
})

test('await using closes when its block is left, by an error too', async (t) => {
  const server = await listen(t, (socket) => socket.pipe(socket))
  const address = { host: '127.0.0.1', port: portOf(server) }
  let kept: Awaited<ReturnType<typeof connect>> | undefined
  const block = async (): Promise<void> => {
    await using client = await connect(address)
    kept = client
    t.is(await client.request('a\n', { line: true }), 'a')
    throw new Error('mine')
  }
  await t.throwsAsync(block(), { message: 'mine' })
  t.true(kept?.closed)
  t.is(await outcome(kept?.read() as Promise<unknown>), 'ERR_CLOSED')
})

test('a wrong option of end or close is refused before any I/O', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  for (const options of [null, 5, { timeout: -1 }, { timeout: '1' }, { signal: 1 }]) {
    t.regex(await outcome(client.end(options as never)), /^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/)
    t.regex(await outcome(client.close(options as never)), /^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/)
  }
  t.false(client.closed)
  t.is(latin1(await client.readExactly(3)), 'abc')
  await client.write('x')
  await client.close()
  t.is(String(await everything(socket)), 'x')
})

test('the system closes the connection for the peer when the client is closed on both sides', async (t) => {
  const { client, socket } = await pair(t)
  socket.resume()
  socket.end()
  await client.close()
  await within(once(socket, 'close'))
  t.pass()
})
