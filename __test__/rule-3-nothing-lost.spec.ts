// Rule 3: a read that fails by timeout, abort or limit takes no byte, and the connection goes on.

import test from 'ava'
import { latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { arrive, pair, sent, turns } from './helpers/peer'
import { patient } from './helpers/reads'

for (const [name, read] of Object.entries(patient)) {
  // A frame of this begins with the length 0x61: far more than comes.
  test(`${name}: a timeout takes nothing`, async (t) => {
    const both = await sent(t, 'abc')
    const { client, port } = both
    const timedOut = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'read', address: '127.0.0.1', port }
    if (name === 'receive') t.is(await outcome(read(client, { timeout: 5 })), 'abc')
    else await fails(t, read(client, { timeout: 5 }), { ...timedOut, syscall: undefined, bytesWritten: undefined })
    if (name === 'receive') client.unread('abc')
    t.is(latin1(client.peek()), 'abc')
    await arrive(both, '\ndef')
    t.is(await client.readLine(), 'abc')
    t.is(latin1(await client.read()), 'def')
  })

  test(`${name}: an abort takes nothing`, async (t) => {
    const both = await sent(t, 'abc')
    const { client, socket, port } = both
    const abort = new AbortController()
    const reason = new Error('enough')
    const reading = read(client, { signal: abort.signal })
    await turns(2)
    abort.abort(reason)
    const { cause } = await fails(t, reading, { name: 'AbortError', code: 'ABORT_ERR', phase: 'read', port })
    t.is(cause, reason)
    t.is(latin1(client.peek()), 'abc')
    socket.write('\ndef')
    t.is(await client.readLine(), 'abc')
    t.is(latin1(await client.readExactly(3)), 'def')
  })

  test(`${name}: a signal that is aborted already reads nothing`, async (t) => {
    const { client } = await sent(t, 'abc\n')
    const { cause } = await fails(t, read(client, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    t.is((cause as Error).name, 'AbortError')
    t.is(await client.readLine(), 'abc')
  })
}

test('an abort in the middle of a large read gives back what had come', async (t) => {
  const { client, socket } = await pair(t)
  const abort = new AbortController()
  const reading = client.readExactly(1_000_000, { signal: abort.signal })
  const piece = Buffer.alloc(200_000, 'a')
  socket.write(piece)
  while (client.bytesRead < piece.length) await turns(1)
  abort.abort()
  t.is(await outcome(reading), 'ABORT_ERR')
  t.is(client.buffered, piece.length)
  socket.end('b')
  const all = await within(client.readAll())
  t.true(all.equals(Buffer.from(`${'a'.repeat(piece.length)}b`)))
})

test('a timeout in the middle of readInto gives back what had come', async (t) => {
  const { client, socket } = await pair(t)
  const target = Buffer.alloc(10)
  const reading = client.readInto(target, { timeout: 30 })
  socket.write('abc')
  t.is(await outcome(reading), 'ETIMEDOUT')
  t.is(latin1(await client.readExactly(3)), 'abc')
})

test('a chunk that waits gives up without taking anything', async (t) => {
  const { client, socket, port } = await pair(t)
  await fails(t, client.read({ timeout: 5 }), { name: 'TimeoutError', code: 'ETIMEDOUT', port })
  const abort = new AbortController()
  const reading = client.read({ signal: abort.signal })
  abort.abort()
  await fails(t, reading, { name: 'AbortError', code: 'ABORT_ERR', port })
  socket.write('abc')
  t.is(latin1(await client.readExactly(3)), 'abc')
})

test('every read over its limit leaves all bytes for another kind of read', async (t) => {
  const { client, port } = await sent(t, '\x09abcdefgh\nrest')
  const over = { name: 'TcpError', code: 'ERR_LIMIT', phase: 'read', port }
  await fails(t, client.readUntil('\n', { maxSize: 8 }), over)
  await fails(t, client.readLine({ maxSize: 8 }), over)
  await fails(t, client.lines({ maxSize: 8 }).next(), over)
  await fails(t, client.lines({ maxSize: 8 }).batches().next(), over)
  await fails(t, client.readAll({ maxSize: 13 }), over)
  await fails(t, client.readFrame({ length: 'u8', maxSize: 8 }), over)
  await fails(t, client.frames({ length: 'u8', maxSize: 8 }).next(), over)
  await fails(t, client.expect('\n', { maxSize: 8 }), over)
  await fails(t, client.request('', { line: true, maxSize: 8 }), over)
  t.is(client.buffered, 14)
  t.is(await client.readLine({ maxSize: 9 }), '\x09abcdefgh')
  t.is(latin1(await client.readExactly(4)), 'rest')
})

test('a line over the limit among good ones is reported in its turn', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n4\ntoo long\n5\n')
  const read = () => outcome(client.readLine({ maxSize: 3 }))
  for (const expected of ['1', '2', '3', '4', 'ERR_LIMIT', 'ERR_LIMIT']) t.is(await read(), expected)
  t.is(await client.readLine(), 'too long')
  t.is(await read(), '5')
})

test('a frame over the limit among good ones is reported in its turn', async (t) => {
  const { client } = await sent(t, '\x01a\x01b\x01c\x05abcde\x01d')
  const read = () => outcome(client.readFrame({ length: 'u8', maxSize: 3 }))
  for (const expected of ['a', 'b', 'c', 'ERR_LIMIT', 'ERR_LIMIT']) t.is(await read(), expected)
  t.is(latin1(await client.readFrame({ length: 'u8' })), 'abcde')
  t.is(await read(), 'd')
})

test('a read that fails by the end of the stream leaves its bytes too', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  socket.end()
  for (const [name, read] of Object.entries(patient)) {
    if (['readLine', 'lines', 'batches', 'readAll', 'receive'].includes(name)) continue
    t.is(await outcome(read(client)), 'ERR_UNEXPECTED_END', name)
    t.is(client.buffered, 3, name)
  }
  t.is(latin1(await client.readAll()), 'abc')
  t.is(await client.read(), null)
})

test('after many reads that gave up, one at a time, the next one finds every byte', async (t) => {
  const both = await pair(t)
  const { client } = both
  for (const letter of 'abc') {
    await arrive(both, letter)
    for (const read of Object.values(patient)) {
      if (read === patient.receive) continue
      const abort = new AbortController()
      const reading = outcome(read(client, { signal: abort.signal }))
      abort.abort()
      t.is(await reading, 'ABORT_ERR')
    }
  }
  t.is(latin1(await client.readExactly(3)), 'abc')
})
