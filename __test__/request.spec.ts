// `request`: a write and the read that answers it, in every form, pipelined, and when a part of it fails.

import test from 'ava'
import { latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { large, pair, received, reset, sent, turns } from './helpers/peer'

test('the answer is read by size, line, frame or marker', async (t) => {
  const { client, socket } = await pair(t)
  socket.pipe(socket)
  t.is(latin1(await client.request('12345', { size: 5 })), '12345')
  t.is(await client.request('line\r\n', { line: true }), 'line')
  t.is(await client.request(Buffer.from('\xcf\n', 'latin1'), { line: true, encoding: 'cp1251' }), 'П')
  t.is(await client.request('a;', { line: true, marker: ';', keepMarker: true }), 'a;')
  t.is(latin1(await client.request('\x02ab', { frame: 'u8' })), 'ab')
  t.is(latin1(await client.request('\0\x02ab', { frame: 'u16be', maxSize: 2 })), 'ab')
  t.is(latin1(await client.request('a--', { marker: '--' })), 'a--')
  t.is(latin1(await client.request('a--', { marker: ['++', '--'], keepMarker: false })), 'a')
  t.is(latin1(await client.request('', { size: 0 })), '')
})

test('an answer may end with the stream', async (t) => {
  const { client, socket } = await pair(t)
  const line = client.request('x', { line: true })
  const none = client.request('x', { line: true })
  const frame = client.request('x', { frame: 'u8' })
  const bytes = outcome(client.request('x', { size: 1 }))
  t.is(await received(socket, 4), 'xxxx')
  socket.end('rest')
  t.deepEqual(await within(Promise.all([line, none, frame, bytes])), ['rest', null, null, 'ERR_UNEXPECTED_END'])
})

test('requests of several forms at once are written in order and answered in order', async (t) => {
  const { client, socket } = await pair(t)
  const answers = Promise.all([
    client.request('1', { line: true }),
    client.request('2', { size: 3 }),
    client.request('3', { frame: 'u8' }),
    client.request('4', { marker: ';' }),
    client.readLine(),
    client.request('5', { line: true })
  ])
  t.is(await received(socket, 5), '12345')
  socket.write('one\ntwo\x05threefour;line\nfive\n')
  t.deepEqual((await within(answers)).map(String), ['one', 'two', 'three', 'four;', 'line', 'five'])
})

test("an answer that does not come in time is not taken for the next one's", async (t) => {
  const { client, socket, port } = await pair(t)
  const shape = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'read', port }
  await fails(t, client.request('a\n', { line: true, timeout: 5 }), shape)
  t.is(await received(socket, 2), 'a\n')
  socket.write('late\n')
  t.is(await client.readLine(), 'late')
  const second = client.request('b\n', { line: true })
  socket.write('answer\n')
  t.is(await within(second), 'answer')
})

test('an aborted request that was not sent yet is never sent', async (t) => {
  const { client, socket } = await pair(t)
  const abort = new AbortController()
  const first = outcome(client.request('never', { size: 1, signal: abort.signal }))
  const second = client.request('b', { size: 1 })
  abort.abort()
  t.is(await first, 'ABORT_ERR')
  t.is(await received(socket, 1), 'b')
  socket.write('x')
  t.is(latin1(await within(second)), 'x')
  t.is(client.bytesWritten, 1)
})

test('a request with an aborted signal neither writes nor reads', async (t) => {
  const { client } = await sent(t, 'abc')
  const { cause } = await fails(t, client.request('x', { size: 1, signal: AbortSignal.abort('why') }), {
    code: 'ABORT_ERR'
  })
  t.is(cause, 'why')
  await turns(5)
  t.is(client.bytesWritten, 0)
  t.is(client.buffered, 3)
})

test('of pipelined requests the one whose write fails fails, and those before it are answered', async (t) => {
  const { client, socket } = await pair(t)
  const first = client.request('a', { size: 1 })
  await turns(5)
  const unanswered = outcome(client.request(large, { size: 1, timeout: 50 }))
  t.is(await unanswered, 'ETIMEDOUT')
  socket.write('1')
  t.is(latin1(await within(first)), '1')
})

test('requests on a connection that was reset fail, all of them', async (t) => {
  const both = await pair(t)
  await reset(both)
  const requests = [1, 2, 3].map((size) => both.client.request('x', { size }))
  for (const request of requests) t.regex(await outcome(request), /^(ECONNRESET|EPIPE)$/)
  t.regex(await outcome(both.client.request('x', { size: 1 })), /^(ECONNRESET|EPIPE)$/)
})

test('a request after end() fails at once, and reading goes on', async (t) => {
  const { client, socket } = await pair(t)
  await client.end()
  await fails(t, client.request('x', { line: true }), { code: 'ERR_STREAM_WRITE_AFTER_END', phase: 'write' })
  socket.write('line\n')
  t.is(await client.readLine(), 'line')
})

test('what is wrong with a request is found before any I/O', async (t) => {
  const { client } = await sent(t, 'abc')
  for (const how of [
    undefined,
    null,
    'line',
    {},
    { line: false },
    { line: 1 },
    { size: -1 },
    { size: '5' },
    { size: 2 ** 31 },
    { size: 1_000_000, timeout: -1 },
    { frame: 'u7' },
    { marker: '' },
    { marker: [] },
    { line: true, marker: '' },
    { line: true, encoding: 'utf9' },
    { line: true, maxSize: 0 },
    { frame: 'u8', maxSize: 1.5 },
    { size: 1, timeout: 'soon' },
    { size: 1, signal: {} }
  ]) {
    const error = await t.throwsAsync(client.request('x', how as never), { any: true })
    t.true(error instanceof TypeError || error instanceof RangeError, JSON.stringify(how))
    t.regex((error as NodeJS.ErrnoException).code ?? '', /^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/)
  }
  for (const data of [undefined, null, 5, {}, []]) {
    await t.throwsAsync(client.request(data as never, { size: 1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  }
  await turns(5)
  t.is(client.bytesWritten, 0)
  t.is(client.buffered, 3)
})

test('a thousand requests over one connection are each answered by their own answer', async (t) => {
  const { client, socket } = await pair(t)
  socket.pipe(socket)
  const requests = Array.from({ length: 1000 }, (_, index) => client.request(`${index}\n`, { line: true }))
  t.deepEqual((await within(Promise.all(requests))).map(Number), [...Array(1000).keys()])
})
