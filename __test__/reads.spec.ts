// The reads of bytes, one by one: what each gives and where its edges are. Cuttings and failures are the rules' tests.

import test from 'ava'
import { latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { ended, pair, sent, turns } from './helpers/peer'

test('read gives what is there, at most max, at least one byte', async (t) => {
  const { client, socket } = await sent(t, 'abcdef')
  t.is(latin1(await client.read({ max: 2 })), 'ab')
  t.is(latin1(await client.read({ max: 4 })), 'cdef')
  const waiting = client.read({ max: 100 })
  await turns(2)
  socket.write('g')
  t.is(latin1(await within(waiting)), 'g')
  socket.end()
  t.is(await client.read(), null)
  t.is(await client.read({ max: 1 }), null)
})

test('read gives at most 64 KiB unless told otherwise', async (t) => {
  const { client } = await sent(t, Buffer.alloc(100_000))
  t.is((await client.read())?.length, 65_536)
  t.is((await client.read({ max: 200_000 }))?.length, 34_464)
})

test('readExactly gives so many bytes, from none to millions', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  t.is(latin1(await client.readExactly(0)), '')
  t.is(client.buffered, 3)
  t.is(latin1(await client.readExactly(1)), 'a')
  const data = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => index % 251))
  socket.write(data)
  t.is(latin1(await client.readExactly(2)), 'bc')
  for (const size of [65_535, 65_536, 65_537]) {
    const at = client.bytesRead - client.buffered - 3
    const bytes = await within(client.readExactly(size))
    t.true(bytes.equals(data.subarray(at, at + size)), `${size}`)
  }
  const rest = await within(client.readExactly(5_000_000 - 3 * 65_536))
  t.true(rest.equals(data.subarray(3 * 65_536)))
})

test('readExactly(0) is answered at the end of the stream too', async (t) => {
  const { client, socket } = await pair(t)
  socket.end()
  t.is(await client.read(), null)
  t.is(latin1(await client.readExactly(0)), '')
})

test('an end before enough bytes names how many came', async (t) => {
  const { client, socket, port } = await pair(t)
  socket.end('x'.repeat(18))
  const shape = { name: 'TcpError', code: 'ERR_UNEXPECTED_END', phase: 'read', address: '127.0.0.1', port }
  for (const promise of [() => client.readExactly(36), () => client.readInto(Buffer.alloc(36))]) {
    const { message } = await fails(t, promise(), shape)
    t.regex(message, /18 of 36 bytes/)
  }
  t.is((await client.readExactly(18)).length, 18)
})

test('readInto fills memory of every kind, and nothing beside it', async (t) => {
  const { client } = await sent(t, 'abcdefghijklmnop')
  const whole = Buffer.alloc(6, '.')
  t.is(await client.readInto(whole.subarray(1, 5)), 4)
  t.is(latin1(whole), '.abcd.')
  const words = new Uint16Array(2)
  t.is(await client.readInto(words), 4)
  t.is(latin1(new Uint8Array(words.buffer)), 'efgh')
  const memory = new ArrayBuffer(4)
  t.is(await client.readInto(new DataView(memory, 1, 2)), 2)
  t.is(await client.readInto(memory), 4)
  t.is(latin1(new Uint8Array(memory)), 'klmn')
  t.is(await client.readInto(new Uint8Array(0)), 0)
  t.is(client.buffered, 2)
})

test('readInto that waits fills its memory as bytes come', async (t) => {
  const { client, socket } = await pair(t)
  const target = new Uint8Array(300_000)
  const filling = client.readInto(target)
  socket.write(Buffer.alloc(299_999, 'a'))
  await turns(20)
  socket.write('b!')
  t.is(await within(filling), 300_000)
  t.is(target[0], 97)
  t.is(target[299_999], 98)
  t.is(latin1(await client.readExactly(1)), '!')
})

test('memory that is taken away while it is read into fails that read alone', async (t) => {
  const { client, socket } = await pair(t)
  const memory = new ArrayBuffer(8)
  const filling = outcome(client.readInto(memory))
  await turns(2)
  structuredClone(memory, { transfer: [memory] })
  socket.write('abcdefgh')
  t.is(await filling, 'ERR_INVALID_STATE')
  t.is(latin1(await client.readExactly(8)), 'abcdefgh')
})

test('readInto refuses what is no memory of its own before any I/O', async (t) => {
  const { client } = await pair(t)
  for (const target of [undefined, null, 'text', 5, [], {}, [1, 2]]) {
    const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message: /target/ }
    await t.throwsAsync(client.readInto(target as never), expected)
  }
  const shared = new Uint8Array(new SharedArrayBuffer(4))
  await t.throwsAsync(client.readInto(shared), { code: 'ERR_INVALID_ARG_VALUE', message: /shared/ })
})

test('readUntil takes a marker as text or bytes, one or several', async (t) => {
  const { client } = await sent(t, 'a;b\0c\xffd→e')
  t.is(latin1(await client.readUntil(';')), 'a;')
  t.is(latin1(await client.readUntil(Buffer.from([0]))), 'b\0')
  t.is(latin1(await client.readUntil([new Uint8Array([0xc3, 0xbf]), 'x'], { keepMarker: false })), 'c')
  t.is(String(await client.readUntil('→')), 'd→')
})

test('readUntil refuses a marker that is none before any I/O', async (t) => {
  const { client } = await pair(t)
  for (const marker of ['', [], [''], ['a', ''], new Uint8Array(0), undefined, null, 5, {}, [5], [null]]) {
    await t.throwsAsync(client.readUntil(marker as never), { instanceOf: TypeError, message: /marker/ })
    if (marker === undefined) continue
    await t.throwsAsync(client.receive({ marker: marker as never }), { instanceOf: TypeError, message: /marker/ })
  }
  const keepMarker = 1 as never
  await t.throwsAsync(client.readUntil('a', { keepMarker }), { code: 'ERR_INVALID_ARG_TYPE', message: /keepMarker/ })
})

test('a marker may change after the call', async (t) => {
  const { client, socket } = await pair(t)
  const marker = Buffer.from('b')
  const reading = client.readUntil(marker)
  marker.fill('c')
  socket.write('acb')
  t.is(latin1(await within(reading)), 'acb')
})

test('a limit counts the bytes before the marker', async (t) => {
  const { client } = await sent(t, 'abc--')
  t.is(await outcome(client.readUntil('--', { maxSize: 2 })), 'ERR_LIMIT')
  t.is(latin1(await client.readUntil('--', { maxSize: 3 })), 'abc--')
})

test('a read that went over its limit can be tried again with a larger one', async (t) => {
  const { client, socket } = await pair(t, { maxBuffer: 4 })
  socket.write('abcdefgh;')
  for (const maxSize of [1, 2, 4, 7]) t.is(await outcome(client.readUntil(';', { maxSize })), 'ERR_LIMIT')
  t.is(await outcome(client.readUntil(';')), 'ERR_LIMIT')
  t.is(latin1(await client.readUntil(';', { maxSize: 8 })), 'abcdefgh;')
})

test('readAll gives everything to the end, and nothing after it', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  socket.end('def')
  t.is(latin1(await client.readAll()), 'abcdef')
  t.is(latin1(await client.readAll()), '')
  t.is(await client.read(), null)
})

test('readAll of exactly its limit is no more than its limit', async (t) => {
  const { client, socket } = await pair(t)
  socket.end('abc')
  t.is(await outcome(client.readAll({ maxSize: 2 })), 'ERR_LIMIT')
  t.is(latin1(await client.readAll({ maxSize: 3 })), 'abc')
})

test('receive says why it ended', async (t) => {
  const { client, socket } = await sent(t, 'ab;cdefgh')
  const received = async (options?: object): Promise<[string, string]> => {
    const { data, reason } = await within(client.receive(options))
    return [data.toString(), reason]
  }
  t.deepEqual(await received({ marker: ';' }), ['ab;', 'marker'])
  t.deepEqual(await received({ marker: ';', maxSize: 2 }), ['cd', 'size'])
  t.deepEqual(await received({ marker: ';', timeout: 5 }), ['efgh', 'timeout'])
  t.deepEqual(await received({ timeout: 5 }), ['', 'timeout'])
  socket.write('ij|')
  t.deepEqual(await received({ marker: ['|', '/'], keepMarker: false }), ['ij', 'marker'])
  socket.end('kl')
  t.deepEqual(await received({ marker: ';' }), ['kl', 'end'])
  t.deepEqual(await received({}), ['', 'end'])
  t.deepEqual(await received(), ['', 'end'])
})

test('receive without marker and time gives what comes up to its size or the end', async (t) => {
  const { client, socket } = await pair(t)
  socket.end('abcdef')
  t.deepEqual(await client.receive({ maxSize: 4 }), { data: Buffer.from('abcd'), reason: 'size' })
  t.deepEqual(await client.receive({ maxSize: 4 }), { data: Buffer.from('ef'), reason: 'end' })
})

test('receive takes a marker that fits its size exactly, and no part of one', async (t) => {
  const { client } = await sent(t, 'abc--abcd--')
  t.deepEqual(await client.receive({ marker: '--', maxSize: 5 }), { data: Buffer.from('abc--'), reason: 'marker' })
  t.deepEqual(await client.receive({ marker: '--', maxSize: 5 }), { data: Buffer.from('abcd-'), reason: 'size' })
})

test('a receive whose turn has not come takes nothing at its time', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  const first = client.readExactly(4)
  t.deepEqual(await client.receive({ timeout: 5 }), { data: Buffer.alloc(0), reason: 'timeout' })
  socket.write('d')
  t.is(latin1(await within(first)), 'abcd')
})

test('answers do not change when the connection goes on', async (t) => {
  const { client, socket } = await pair(t)
  const kept: Buffer[] = []
  for (let round = 0; round < 3_000; round++) {
    socket.write(Buffer.alloc(100, round % 256))
    kept.push(await client.readExactly(100))
  }
  t.true(kept.every((bytes, round) => bytes.equals(Buffer.alloc(100, round % 256))))
})

test("answers are the caller's own: writing to one changes no other", async (t) => {
  const { client } = await sent(t, 'aabbccdd')
  const [first, second] = [await client.readExactly(2), await client.readExactly(2)]
  first.fill('x')
  second.fill('y')
  t.is(latin1(await client.readExactly(4)), 'ccdd')
  t.is(latin1(first), 'xx')
})

test('the end is known before it is read', async (t) => {
  const both = await sent(t, 'abc')
  await ended(both)
  t.is(both.client.buffered, 3)
  t.is(both.client.closed, false)
  t.is(latin1(await both.client.read()), 'abc')
})
