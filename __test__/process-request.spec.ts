// `processRequest`: one exchange with a server, from the dial to the farewell.

import { once } from 'node:events'
import type { Socket } from 'node:net'
import test from 'ava'
import { latin1 } from './helpers/cuttings'
import { fails, within } from './helpers/failures'
import { everything, freePort, large, listen, portOf, received } from './helpers/peer'
import { processRequest } from './helpers/transport'

type Context = Parameters<typeof listen>[0]

// Milliseconds of which the dial, and over TLS the handshake, takes a part.
const ENOUGH_TO_CONNECT = 1000

async function serving(t: Context, serve: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  return { host: '127.0.0.1', port: portOf(await listen(t, serve)) }
}

test("it writes, reads up to the line's end and closes", async (t) => {
  let asked: Promise<Buffer> | undefined
  const address = await serving(t, (socket) => {
    asked = everything(socket)
    socket.write('answer\nmore')
  })
  const answer = await within(processRequest(address, 'question\n'))
  t.true(Buffer.isBuffer(answer))
  t.is(latin1(answer), 'answer\n')
  t.is(latin1((await within(asked as Promise<Buffer>)) as Buffer), 'question\n')
})

test('with an encoding the answer is a string', async (t) => {
  const address = await serving(t, (socket) => socket.end(Buffer.from('\xcf\xf0\n', 'latin1')))
  t.is(await processRequest(address, '', { encoding: 'windows-1251' }), 'Пр\n')
  t.is(await processRequest(address, '', { encoding: 'latin1' }), 'Ïð\n')
})

test('the end of the stream ends the answer too', async (t) => {
  const address = await serving(t, (socket) => socket.end('no line'))
  t.is(latin1(await processRequest(address, 'x')), 'no line')
  t.is(await processRequest(address, 'x', { encoding: 'utf8' }), 'no line')
  const silent = await serving(t, (socket) => socket.end())
  t.is(latin1(await processRequest(silent, 'x')), '')
  t.is(await processRequest(silent, 'x', { encoding: 'utf8' }), '')
})

test("a marker of one's own ends the answer", async (t) => {
  const address = await serving(t, (socket) => socket.write('a\nb;c'))
  t.is(latin1(await processRequest(address, 'x', { marker: ';' })), 'a\nb;')
  t.is(await processRequest(address, 'x', { marker: ';', encoding: 'utf8' }), 'a\nb;')
})

test('malformed text is refused under fatal', async (t) => {
  const address = await serving(t, (socket) => socket.write(Buffer.from('\xff\n', 'latin1')))
  t.is(await processRequest(address, 'x', { encoding: 'utf8' }), '\ufffd\n')
  const code = 'ERR_ENCODING_INVALID_ENCODED_DATA'
  await fails(t, processRequest(address, 'x', { encoding: 'utf8', fatal: true }), { code, phase: 'read' })
})

test('bytes are sent as they are', async (t) => {
  const address = await serving(t, async (socket) => {
    socket.write(`${Buffer.from(await received(socket, 3), 'latin1').toString('hex')}\n`)
  })
  t.is(await processRequest(address, new Uint8Array([1, 255, 3]), { encoding: 'ascii' }), '01ff03\n')
})

test('a refused connection is the error', async (t) => {
  const port = await freePort()
  const refused = processRequest({ host: '127.0.0.1', port }, 'x')
  await fails(t, refused, { code: 'ECONNREFUSED', phase: 'connect', port })
})

test('a reset before the answer is the error', async (t) => {
  const address = await serving(t, (socket) => {
    socket.once('readable', () => socket.resetAndDestroy())
  })
  for (const options of [{}, { encoding: 'utf8' }]) {
    await fails(t, processRequest(address, 'x', options), { code: 'ECONNRESET', phase: 'read', port: address.port })
  }
})

test('its time is for all of it, and the connection is closed then', async (t) => {
  for (const options of [{}, { encoding: 'utf8' }]) {
    let closed: Promise<unknown> = Promise.resolve()
    const address = await serving(t, (socket) => {
      socket.write('no line')
      closed = once(socket, 'end')
      socket.resume()
    })
    const timedOut = {
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      phase: 'read',
      address: '127.0.0.1',
      port: address.port
    }
    await fails(t, processRequest(address, 'x', { ...options, timeout: ENOUGH_TO_CONNECT }), timedOut)
    await within(closed)
  }
})

test('a server that takes nothing is given up in time', async (t) => {
  const address = await serving(t, () => {})
  const shape = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'write', port: address.port }
  await fails(t, processRequest(address, large, { timeout: ENOUGH_TO_CONNECT }), shape)
})

test('its signal ends it in the middle', async (t) => {
  for (const options of [{}, { encoding: 'utf8' }]) {
    const abort = new AbortController()
    const address = await serving(t, (socket) => socket.once('readable', () => abort.abort('why')))
    const shape = { name: 'AbortError', code: 'ABORT_ERR', cause: 'why', port: address.port }
    await fails(t, processRequest(address, 'x', { ...options, signal: abort.signal }), shape)
  }
})

test('an answer over maxBuffer is a limit', async (t) => {
  const address = await serving(t, (socket) => socket.write('0123456789\n'))
  await fails(t, processRequest(address, 'x', { encoding: 'utf8', maxBuffer: 5 }), { code: 'ERR_LIMIT' })
  await fails(t, processRequest(address, 'x', { maxBuffer: 5 }), { code: 'ERR_LIMIT' })
})

test('what is wrong is found before any I/O', async (t) => {
  let connections = 0
  const address = await serving(t, () => connections++)
  for (const [data, options] of [
    [undefined, {}],
    [5, {}],
    ['x', null],
    ['x', 'utf8'],
    ['x', { encoding: 'utf9' }],
    ['x', { encoding: 5 }],
    ['x', { marker: '' }],
    ['x', { marker: '', encoding: 'utf8' }],
    ['x', { marker: '✓', encoding: 'koi8-r' }],
    ['x', { marker: 5 }],
    ['x', { fatal: 1, encoding: 'utf8' }],
    ['x', { timeout: -1 }],
    ['x', { signal: {} }]
  ]) {
    const error = await t.throwsAsync(processRequest(address, data as never, options as never), { any: true })
    const { code } = error as NodeJS.ErrnoException
    t.regex(code ?? '', /^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/, JSON.stringify([data, options]))
  }
  t.is(connections, 0)
})

// Alone, so that it takes nothing of the others' times.
test.serial('a hundred exchanges at once do not mix', async (t) => {
  const address = await serving(t, (socket) => socket.pipe(socket))
  const asked = Array.from({ length: 100 }, (_, index) => `${index}\n`)
  const answers = await within(Promise.all(asked.map((data) => processRequest(address, data, { encoding: 'utf8' }))))
  t.deepEqual(answers, asked)
})
