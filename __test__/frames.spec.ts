// Frames: every length prefix of `readFrame`, `frames` and `writeFrame`, and their edges. Cuttings are rule 4's tests.

import test from 'ava'
import type { LengthPrefix } from 'tcpull'
import { latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { everything, pair, sent, turns } from './helpers/peer'

/** Prefixes, the header of a frame of 1 byte, and the longest payload they can say that a test can make. */
const PREFIXES: [LengthPrefix, string, number][] = [
  ['u8', '\x01', 255],
  ['u16be', '\0\x01', 65_535],
  ['u16le', '\x01\0', 65_535],
  ['u24be', '\0\0\x01', 100_000],
  ['u24le', '\x01\0\0', 100_000],
  ['u32be', '\0\0\0\x01', 100_000],
  ['u32le', '\x01\0\0\0', 100_000],
  ['u64be', '\0\0\0\0\0\0\0\x01', 100_000],
  ['u64le', '\x01\0\0\0\0\0\0\0', 100_000],
  ['varint', '\x01', 100_000]
]

for (const [length, header, longest] of PREFIXES) {
  test(`${length}: what writeFrame writes is what readFrame reads`, async (t) => {
    const { client, socket } = await pair(t)
    socket.pipe(socket)
    const payloads = [0, 1, 127, 128, 200, 255, longest].map((size) => Buffer.alloc(size, 'abcdefg'))
    const writing = Promise.all(payloads.map((payload) => client.writeFrame(payload, { length })))
    for (const payload of payloads) {
      const frame = await within(client.readFrame({ length }))
      t.true(frame?.equals(payload), `${payload.length}`)
    }
    await writing
    const iterator = client.frames({ length })
    await client.writeFrame('again', { length })
    t.is(latin1((await iterator.next()).value), 'again')
  })

  test(`${length}: the header is what its name says`, async (t) => {
    const { client, socket } = await pair(t)
    await client.writeFrame('x', { length })
    await client.end()
    t.is(latin1(await everything(socket)), `${header}x`)
  })

  test(`${length}: an end between frames is an end, one inside is an error`, async (t) => {
    const one = await pair(t)
    one.socket.end(Buffer.from(`${header}x`, 'latin1'))
    t.is(latin1(await one.client.readFrame({ length })), 'x')
    t.is(await one.client.readFrame({ length }), null)
    t.is(await one.client.readFrame({ length }), null)
    const bytes = Buffer.from(`${header}x`, 'latin1')
    for (let cut = 1; cut < bytes.length; cut++) {
      const two = await pair(t)
      two.socket.end(bytes.subarray(0, cut))
      t.is(await outcome(two.client.readFrame({ length })), 'ERR_UNEXPECTED_END', `${cut}`)
      t.is((await two.client.readAll()).length, cut)
    }
  })
}

test('text is written as UTF-8 and counted in bytes', async (t) => {
  const { client, socket } = await pair(t)
  await client.writeFrame('é✓', { length: 'u8' })
  await client.writeFrame('', { length: 'u8' })
  await client.end()
  t.is(latin1(await everything(socket)), '\x05\xc3\xa9\xe2\x9c\x93\0')
})

test('a payload that the prefix cannot say is refused before any I/O', async (t) => {
  const { client } = await pair(t)
  for (const [length, size] of [
    ['u8', 256],
    ['u16be', 65_536],
    ['u24le', 16_777_216]
  ] as const) {
    const expected = { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: new RegExp(`${size}.*${length}`) }
    await t.throwsAsync(client.writeFrame(Buffer.alloc(size), { length }), expected)
  }
  t.is(client.bytesWritten, 0)
})

test('a prefix that is none is refused before any I/O', async (t) => {
  const { client } = await pair(t)
  for (const length of [undefined, null, '', 'u9', 'U8', 'u16', 'leb128', 4, {}]) {
    const options = { length } as never
    const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE', message: /length/ }
    await t.throwsAsync(client.readFrame(options), expected)
    await t.throwsAsync(client.writeFrame('x', options), expected)
    t.throws(() => client.frames(options), expected)
    if (length !== undefined) await t.throwsAsync(client.request('x', { frame: length as never }), expected)
  }
  await t.throwsAsync(client.readFrame(undefined as never), { instanceOf: TypeError })
  await t.throwsAsync(client.readFrame('u8' as never), { code: 'ERR_INVALID_ARG_TYPE' })
  t.is(client.bytesWritten, 0)
})

test('a length above the limit is refused at once, before its payload comes', async (t) => {
  const { client, port } = await sent(t, Buffer.from('\xff\xff\xff\xffrest', 'latin1'))
  const over = { name: 'TcpError', code: 'ERR_LIMIT', phase: 'read', port }
  await fails(t, client.readFrame({ length: 'u32be' }), over)
  await fails(t, client.readFrame({ length: 'u64le' }), over)
  await fails(t, client.readFrame({ length: 'u16le', maxSize: 65_534 }), over)
  t.is(client.buffered, 8)
})

test('a frame of exactly the limit is read', async (t) => {
  const { client } = await sent(t, '\x03abc\x03def')
  t.is(await outcome(client.readFrame({ length: 'u8', maxSize: 2 })), 'ERR_LIMIT')
  t.is(latin1(await client.readFrame({ length: 'u8', maxSize: 3 })), 'abc')
  t.is(await outcome(client.frames({ length: 'u8', maxSize: 2 }).next()), 'ERR_LIMIT')
  t.is(latin1(await client.readFrame({ length: 'u8', maxSize: 3 })), 'def')
})

test('a smaller limit holds for frames that have come already', async (t) => {
  const { client } = await sent(t, '\x03aaa\x03bbb\x03ccc\x03ddd')
  for (const frame of ['aaa', 'bbb']) t.is(latin1(await client.readFrame({ length: 'u8', maxSize: 3 })), frame)
  t.is(await outcome(client.readFrame({ length: 'u8', maxSize: 2 })), 'ERR_LIMIT')
  t.is(latin1(await client.readFrame({ length: 'u8' })), 'ccc')
})

test('a varint that is no length is refused, and its bytes stay', async (t) => {
  const { client, port } = await sent(t, Buffer.concat([Buffer.alloc(10, 0xff), Buffer.from('rest')]))
  const shape = { name: 'TcpError', code: 'ERR_INVALID_FRAME', phase: 'read', port }
  await fails(t, client.readFrame({ length: 'varint' }), shape)
  await fails(t, client.frames({ length: 'varint' }).batches().next(), shape)
  t.is(client.buffered, 14)
})

test('frames of several prefixes can follow one another among buffered ones', async (t) => {
  const { client } = await sent(t, '\x01a\x01b\x01c\0\x01d\x01e')
  for (const frame of ['a', 'b', 'c']) t.is(latin1(await client.readFrame({ length: 'u8' })), frame)
  t.is(latin1(await client.readFrame({ length: 'u16be' })), 'd')
  t.is(latin1(await client.readFrame({ length: 'varint' })), 'e')
})

test('many small frames are all there, in order, and stay as they are', async (t) => {
  const { client, socket } = await pair(t)
  const count = 20_000
  const frames = Array.from({ length: count }, (_, index) => {
    const frame = Buffer.alloc(6)
    frame[0] = 5
    frame.writeUInt32BE(index, 1)
    return frame
  })
  socket.end(Buffer.concat(frames))
  const kept: Buffer[] = []
  for await (const frame of client.frames({ length: 'u8' })) kept.push(frame)
  t.is(kept.length, count)
  t.true(kept.every((frame, index) => frame.readUInt32BE(0) === index))
})

test('a large frame among small ones is read whole', async (t) => {
  const { client, socket } = await pair(t)
  const large = Buffer.alloc(3_000_000, 'large')
  for (const payload of ['a', large, 'b']) {
    const header = Buffer.alloc(4)
    header.writeUInt32LE(payload.length)
    socket.write(Buffer.concat([header, Buffer.from(payload as string)]))
  }
  await turns(2)
  t.is(latin1(await client.readFrame({ length: 'u32le' })), 'a')
  t.true((await within(client.readFrame({ length: 'u32le' })))?.equals(large))
  t.is(latin1(await client.readFrame({ length: 'u32le' })), 'b')
})
