// Writing: what reaches the peer, in which order, and what a write that fails says.

import { createHash } from 'node:crypto'
import test from 'ava'
import { latin1 } from './helpers/cuttings'
import { fails, matches, outcome, within } from './helpers/failures'
import { counted, everything, large, MORE_THAN_FITS, pair, received, reset, turns } from './helpers/peer'
import { period } from './helpers/positions'
import { numbers } from './helpers/random'

test('text is written as UTF-8, bytes of every kind as they are', async (t) => {
  const { client, socket } = await pair(t)
  await client.write('é✓')
  await client.write(Buffer.from('buffer').subarray(1, 3))
  await client.write(new Uint8Array([1, 2]))
  await client.write(new Uint16Array([0x4142]) as never)
  await client.write(new DataView(new ArrayBuffer(1)) as never)
  await client.write(new ArrayBuffer(1) as never)
  await client.write('')
  await client.write(new Uint8Array(0))
  await client.end()
  t.is(latin1(await everything(socket)), '\xc3\xa9\xe2\x9c\x93uf\x01\x02BA\0\0')
})

test('what is no data is refused before any I/O', async (t) => {
  const { client } = await pair(t)
  for (const data of [undefined, null, 5, true, {}, [], [1], Symbol.iterator]) {
    const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message: /data/ }
    await t.throwsAsync(client.write(data as never), expected)
    await t.throwsAsync(client.writeFrame(data as never, { length: 'u8' }), expected)
    t.throws(() => client.unread(data as never), expected)
  }
  t.is(client.bytesWritten, 0)
})

test('memory shared with other threads is sent as it was at the call', async (t) => {
  const { client, socket } = await pair(t)
  const shared = new Uint8Array(new SharedArrayBuffer(10_000)).fill(97)
  const writing = client.write(shared)
  shared.fill(98)
  await writing
  const ending = client.end()
  t.true((await within(everything(socket))).equals(Buffer.alloc(10_000, 'a')))
  await ending
})

test('writes of every size arrive in call order', async (t) => {
  const { client, socket } = await pair(t)
  const pieces = [1, 10, 8_192, 8_193, 3, 70_000, 65_536, 0, 5, 1_000_000, 2].map((size, index) =>
    Buffer.alloc(size, String.fromCharCode(97 + index))
  )
  const writes = pieces.map((piece) => client.write(piece))
  const ending = client.end()
  const all = await within(everything(socket))
  await within(Promise.all([...writes, ending]))
  t.true(all.equals(Buffer.concat(pieces)))
  t.is(client.bytesWritten, all.length)
})

test('writes with and without options of their own arrive in call order', async (t) => {
  const { client, socket } = await pair(t)
  const { signal } = new AbortController()
  const all = [
    client.write('a'),
    client.write('b', { timeout: 1000 }),
    client.write('c'),
    client.write('d', { signal })
  ]
  all.push(client.writeLine('e'), client.writeFrame('f', { length: 'u8' }), client.write('g'))
  await within(Promise.all(all))
  t.is(await received(socket, 9), 'abcde\n\x01fg')
})

test('ten thousand small writes of one tick arrive whole', async (t) => {
  const { client, socket } = await pair(t)
  const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`)
  const writes = lines.map((line) => client.write(line))
  const all = everything(socket)
  await within(Promise.all(writes))
  await client.end()
  t.is(String(await within(all)), lines.join(''))
})

test('a small write may change its memory at once, a large one once it is done', async (t) => {
  const { client, socket } = await pair(t)
  const small = Buffer.alloc(8_192, 'a')
  const writing = client.write(small)
  small.fill('x')
  await writing
  const large = Buffer.alloc(100_000, 'b')
  const all = everything(socket)
  await client.write(large)
  large.fill('x')
  await client.end()
  t.true((await within(all)).equals(Buffer.from('a'.repeat(8_192) + 'b'.repeat(100_000))))
})

test('a large write is done once the system has all of it', async (t) => {
  const { client, socket } = await pair(t)
  const writing = client.write(Buffer.alloc(MORE_THAN_FITS, 'ab'))
  let done = false
  writing.then(() => {
    done = true
  })
  await turns(50)
  t.false(done)
  const count = counted(socket)
  await within(writing)
  t.is(client.bytesWritten, MORE_THAN_FITS)
  while (count.bytes < MORE_THAN_FITS) await turns(1)
  t.is(count.bytes, MORE_THAN_FITS)
})

test('a write that times out says how much had left', async (t) => {
  const { client, socket, port } = await pair(t)
  const shape = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'write', address: '127.0.0.1', port }
  const error = await fails(t, client.write(large, { timeout: 50 }), shape)
  t.true((error.bytesWritten ?? 0) > 0)
  t.is(error.bytesWritten, client.bytesWritten)
  matches(t, client.lastError, { message: error.message })
  const count = counted(socket)
  await client.end()
  await within(new Promise((resolve) => socket.on('end', resolve)))
  t.is(error.bytesWritten, count.bytes)
})

test('a write that is aborted says how much had left', async (t) => {
  const { client, port } = await pair(t)
  const abort = new AbortController()
  const writing = client.write(large, { signal: abort.signal })
  await turns(20)
  abort.abort('why')
  const error = await fails(t, writing, { name: 'AbortError', code: 'ABORT_ERR', phase: 'write', cause: 'why', port })
  t.is(error.bytesWritten, client.bytesWritten)
})

test('writes behind one that was given up in its middle fail, unsent', async (t) => {
  const { client } = await pair(t)
  const abort = new AbortController()
  const first = client.write(large, { signal: abort.signal })
  const second = client.write('second', { timeout: 20_000 })
  const third = client.write(Buffer.alloc(10_000))
  await turns(20)
  abort.abort()
  t.is(await outcome(first), 'ABORT_ERR')
  await fails(t, second, { code: 'ECANCELED', phase: 'write', bytesWritten: 0 })
  await fails(t, third, { code: 'ECANCELED', phase: 'write', bytesWritten: 0 })
})

test('a write that has not begun can be given up without harm to the others', async (t) => {
  const { client, socket } = await pair(t)
  const abort = new AbortController()
  const first = client.write(large)
  const second = client.write('second', { signal: abort.signal })
  const third = client.write('third', { timeout: 20 })
  const fourth = client.write('4')
  await turns(20)
  abort.abort()
  await fails(t, second, { code: 'ABORT_ERR', bytesWritten: 0 })
  await fails(t, third, { code: 'ETIMEDOUT', bytesWritten: 0 })
  const all = everything(socket)
  await within(Promise.all([first, fourth]))
  await client.end()
  const bytes = await within(all)
  t.is(bytes.length, MORE_THAN_FITS + 1)
  t.is(bytes.at(-1), 52)
})

test('a write aborted in its own tick is not sent', async (t) => {
  const { client, socket } = await pair(t)
  const abort = new AbortController()
  const first = client.write('a')
  const second = client.write('b', { signal: abort.signal })
  const third = client.write('c')
  abort.abort()
  await fails(t, second, { name: 'AbortError', bytesWritten: 0 })
  await within(Promise.all([first, third]))
  await fails(t, client.write('d', { signal: abort.signal }), { name: 'AbortError', bytesWritten: 0 })
  await client.end()
  t.is(String(await everything(socket)), 'ac')
})

test('of writes that are given up at any time the peer gets what they say had left, in order', async (t) => {
  const { client, socket } = await pair(t)
  const random = numbers(1)
  const source = Buffer.alloc(MORE_THAN_FITS / 4, period)
  const [written, received] = [createHash('sha256'), createHash('sha256')]
  socket.on('data', (chunk) => received.update(chunk))
  let total = 0
  let cut = 0
  for (let round = 0; round < 60; round++) {
    socket.pause()
    const abort = new AbortController()
    const writes = Array.from({ length: 1 + Math.floor(random() * 4) }, async () => {
      const at = Math.floor(random() * period.length)
      const data = source.subarray(at, at + Math.floor(random() < 0.2 ? source.length : 100_000 ** random()))
      const { signal } = random() < 0.8 ? abort : new AbortController()
      const left = await client.write(data, { signal }).then(
        () => data.length,
        (error) => error.bytesWritten as number
      )
      if (left > 0 && left < data.length) cut++
      return data.subarray(0, left)
    })
    await turns(Math.floor(random() * 4))
    if (random() < 0.3) socket.resume()
    await turns(Math.floor(random() * 4))
    if (random() < 0.8) abort.abort()
    else socket.resume()
    await turns(Math.floor(random() * 4))
    socket.resume()
    for (const part of await within(Promise.all(writes))) {
      written.update(part)
      total += part.length
    }
  }
  t.is(client.bytesWritten, total)
  t.true(cut > 0)
  await client.end()
  await within(new Promise((resolve) => socket.on('end', resolve)))
  t.is(received.digest('hex'), written.digest('hex'))
})

test('a write to a connection that was reset fails, and so does the next one', async (t) => {
  const both = await pair(t)
  await reset(both)
  for (const data of ['small', Buffer.alloc(100_000)]) {
    t.regex(await outcome(both.client.write(data)), /^(EPIPE|ECONNRESET)$/)
    matches(t, both.client.lastError, { name: 'TcpError', syscall: 'write', phase: 'write', bytesWritten: 0 })
  }
})

test('a reset while writes wait fails all of them', async (t) => {
  const both = await pair(t)
  const writes = [large, 'a', Buffer.alloc(9_000)].map((data) => both.client.write(data))
  const settled = Promise.allSettled(writes)
  await turns(20)
  await reset(both)
  for (const result of await within(settled)) {
    t.is(result.status, 'rejected')
    const { code, phase, syscall } = (result as PromiseRejectedResult).reason
    t.regex(code, /^(EPIPE|ECONNRESET)$/)
    t.is(phase, 'write')
    t.is(syscall, 'write')
  }
})

test('writeTimeout is the default of every write, and a timeout of 0 none', async (t) => {
  const { client, socket } = await pair(t, { writeTimeout: 30 })
  const patient = client.write(large, { timeout: 0 })
  t.is(await outcome(client.write('x')), 'ETIMEDOUT')
  t.is(await outcome(client.writeLine('x')), 'ETIMEDOUT')
  t.is(await outcome(client.writeFrame('x', { length: 'u8' })), 'ETIMEDOUT')
  socket.resume()
  await within(patient)
  t.is(client.bytesWritten, MORE_THAN_FITS)
})

test('reading and writing do not wait for each other', async (t) => {
  const { client, socket } = await pair(t)
  const reading = client.readLine()
  const writing = client.write(large)
  await turns(10)
  socket.write('line\n')
  t.is(await within(reading), 'line')
  socket.resume()
  await within(writing)
})

test('much data goes both ways at once', async (t) => {
  const { client, socket } = await pair(t)
  socket.pipe(socket)
  const data = Buffer.from(Array.from({ length: 4_000_000 }, (_, index) => index % 253))
  const writing = client.write(data).then(() => client.end())
  const echo = await within(client.readAll())
  await writing
  t.true(echo.equals(data))
})
