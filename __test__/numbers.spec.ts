// Strange numbers for every size and time of every call: the documented meaning, or a typed error that names the value and
// the rule, before any I/O.

import { constants } from 'node:buffer'
import { inspect } from 'node:util'
import test from 'ava'
import type { LookupFunction, TcpClient } from 'tcpull'
import { latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { listen, pair, portOf, sent, turns } from './helpers/peer'
import { connect, processRequest } from './helpers/transport'

const STRANGE: unknown[] = [
  0,
  -0,
  -1,
  Number.NaN,
  0.5,
  1.5,
  1e-300,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 53,
  1e308,
  Infinity,
  -Infinity,
  '5',
  '',
  null,
  true,
  5n,
  [5],
  {}
]

/** A Buffer holds no more than 1 GiB less one byte on 32 bits. */
const MAX = Math.min(2 ** 31 - 1, constants.MAX_LENGTH)

/** Calls with a size; `least` is the smallest that is taken. */
const sizes: [name: string, least: 0 | 1, call: (client: TcpClient, size: never) => unknown][] = [
  ['size', 0, (client, size) => client.readExactly(size)],
  ['max', 1, (client, max) => client.read({ max })],
  ['maxSize', 1, (client, maxSize) => client.readUntil('x', { maxSize })],
  ['maxSize', 1, (client, maxSize) => client.readLine({ maxSize })],
  ['maxSize', 1, (client, maxSize) => client.readAll({ maxSize })],
  ['maxSize', 1, (client, maxSize) => client.readFrame({ length: 'u8', maxSize })],
  ['maxSize', 1, (client, maxSize) => client.receive({ maxSize })],
  ['maxSize', 1, (client, maxSize) => client.expect('x', { maxSize })],
  ['maxSize', 1, async (client, maxSize) => client.lines({ maxSize }).next()],
  ['maxSize', 1, async (client, maxSize) => client.frames({ length: 'u8', maxSize }).next()],
  ['maxSize', 1, (client, maxSize) => client.request('x', { line: true, maxSize })],
  ['maxSize', 1, (client, maxSize) => client.request('x', { frame: 'u8', maxSize })],
  ['maxSize', 1, (client, maxSize) => client.request('x', { marker: 'x', maxSize })],
  ['size', 0, (client, size) => client.request('x', { size })],
  ['n', 0, async (client, n) => client.peek(n)]
]

for (const [index, [name, least, call]] of sizes.entries()) {
  const title = `${/client\.(\w+)/.exec(String(call))?.[1]}: ${name}`
  test(`${title} is a whole number from ${least} to the largest, or an error before any I/O (${index})`, async (t) => {
    const { client } = await sent(t, 'abc')
    const { bytesRead } = client
    for (const value of STRANGE) {
      if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MAX) continue
      const error = await t.throwsAsync(async () => call(client, value as never), { any: true }, inspect(value))
      const { code, message } = error as NodeJS.ErrnoException
      const isNumber = typeof value === 'number'
      t.true(error instanceof (isNumber ? RangeError : TypeError), inspect(value))
      t.is(code, isNumber ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE', inspect(value))
      t.true(message.includes(name) && message.includes(inspect(value)), message)
      if (isNumber) t.true(message.includes(`from ${least} to ${MAX}`), message)
    }
    await turns(2)
    t.deepEqual([client.bytesRead, client.bytesWritten, client.buffered], [bytesRead, 0, 3])
    t.is(client.lastError, null)
  })
}

test('the smallest and the largest sizes mean what they say', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  t.is(latin1(await client.readExactly(0)), '')
  t.is(latin1(client.peek(0)), '')
  t.is(latin1(client.peek(MAX)), 'abc')
  t.is(latin1(await client.read({ max: 1 })), 'a')
  t.is(latin1(await client.read({ max: MAX })), 'bc')
  socket.end('line\n')
  t.is(await client.readLine({ maxSize: MAX }), 'line')
  t.is(latin1(await client.readAll({ maxSize: MAX })), '')
  t.is(latin1((await client.receive({ maxSize: MAX })).data), '')
})

test('a size that no memory holds fails before any I/O, or waits; it does not crash', async (t) => {
  const { client } = await sent(t, 'abc')
  t.regex(await outcome(client.readExactly(MAX, { timeout: 5 })), /^(ERR_OUT_OF_RANGE|ETIMEDOUT)$/)
  t.is(latin1(await client.readExactly(3)), 'abc')
})

/** Calls with a timeout, which a silent peer lets run out. */
const times: Record<string, (client: TcpClient, timeout: never) => Promise<unknown>> = {
  read: (client, timeout) => client.read({ timeout }),
  readExactly: (client, timeout) => client.readExactly(9, { timeout }),
  readInto: (client, timeout) => client.readInto(new Uint8Array(9), { timeout }),
  readUntil: (client, timeout) => client.readUntil('x', { timeout }),
  readLine: (client, timeout) => client.readLine({ timeout }),
  readAll: (client, timeout) => client.readAll({ timeout }),
  readFrame: (client, timeout) => client.readFrame({ length: 'u8', timeout }),
  receive: (client, timeout) => client.receive({ timeout }).then(({ reason }) => Promise.reject({ code: reason })),
  expect: (client, timeout) => client.expect('x', { timeout }),
  request: (client, timeout) => client.request('', { size: 9, timeout }),
  lines: async (client, timeout) => client.lines({ timeout }).next(),
  frames: async (client, timeout) => client.frames({ length: 'u8', timeout }).next()
}

for (const [name, call] of Object.entries(times)) {
  test(`${name}: a timeout is milliseconds from 0, or an error before any I/O`, async (t) => {
    const { client } = await pair(t)
    for (const value of [-1, Number.NaN, -Infinity, '5', '', null, true, 5n, [5], {}]) {
      const error = await t.throwsAsync(call(client, value as never), { any: true }, inspect(value))
      const { code, message } = error as NodeJS.ErrnoException
      t.is(code, typeof value === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE', inspect(value))
      t.true(message.includes('timeout') && message.includes(inspect(value)), message)
    }
    for (const value of [1e-300, 0.5, 1, 1.5]) {
      t.regex(await outcome(call(client, value as never)), /^(ETIMEDOUT|timeout)$/, inspect(value))
    }
    // Neither none nor very long is soon, and neither overflows.
    const waiting = [0, -0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 2 ** 53, 1e308, Infinity].map((value) =>
      outcome(call(client, value as never))
    )
    const first = await Promise.race([...waiting, turns(50)])
    t.is(first, undefined)
    client.destroy()
    for (const result of waiting) t.is(await within(result), 'ERR_CLOSED')
  })
}

test('write, end and close take a timeout by the same rule', async (t) => {
  const { client } = await pair(t)
  const calls: ((timeout: never) => Promise<unknown>)[] = [
    (timeout) => client.write('x', { timeout }),
    (timeout) => client.writeLine('x', { timeout }),
    (timeout) => client.writeFrame('x', { length: 'u8', timeout }),
    (timeout) => client.end({ timeout }),
    (timeout) => client.close({ timeout })
  ]
  for (const call of calls) {
    for (const value of [-1, Number.NaN, -Infinity]) {
      await t.throwsAsync(call(value as never), {
        instanceOf: RangeError,
        code: 'ERR_OUT_OF_RANGE',
        message: /timeout/
      })
    }
    for (const value of ['5', null, 5n, {}]) {
      await t.throwsAsync(call(value as never), {
        instanceOf: TypeError,
        code: 'ERR_INVALID_ARG_TYPE',
        message: /timeout/
      })
    }
  }
  t.is(client.bytesWritten, 0)
  for (const value of [0, 2 ** 31, 2 ** 53, 1e308, Infinity]) {
    for (const call of calls.slice(0, 3)) t.is(await outcome(call(value as never)), 'undefined')
  }
  t.is(await outcome(client.end({ timeout: 2 ** 53 })), 'undefined')
  t.is(await outcome(client.close({ timeout: Infinity })), 'undefined')
})

test('every time of connect is milliseconds from 0, or an error before any I/O', async (t) => {
  let connections = 0
  const server = await listen(t, () => connections++)
  const address = { host: '127.0.0.1', port: portOf(server) }
  const names = [
    'timeout',
    'attemptDelay',
    'keepAliveInitialDelay',
    'userTimeout',
    'readTimeout',
    'writeTimeout'
  ] as const
  for (const name of names) {
    for (const value of [-1, Number.NaN, -Infinity, '5', '', null, true, 5n, [5], {}]) {
      const error = await t.throwsAsync(connect(address, { [name]: value }), { any: true }, `${name} ${inspect(value)}`)
      const { code, message } = error as NodeJS.ErrnoException
      t.is(code, typeof value === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE', inspect(value))
      t.true(message.includes(name) && message.includes(inspect(value)), message)
    }
  }
  t.is(connections, 0)
  for (const name of names) {
    for (const value of [0, 0.5, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, Infinity]) {
      if (name === 'timeout' && value === 0.5) continue
      // Elsewhere it can only be left to the system.
      if (name === 'userTimeout' && process.platform !== 'linux' && value !== 0) continue
      const options = { [name]: value, keepAlive: true }
      const client = await within(connect(address, options), `${name} ${value}`)
      client.destroy()
    }
  }
  t.true(connections > 0)
})

test("a very long time for a look-up of one's own is not soon", async (t) => {
  const address = { host: 'made.up', port: portOf(await listen(t, () => {})) }
  for (const timeout of [0, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, Infinity]) {
    const lookup: LookupFunction = (_name, _options, callback) => setTimeout(callback, 20, null, '127.0.0.1', 4)
    const client = await within(connect(address, { lookup, timeout }))
    client.destroy()
  }
  t.pass()
})

test('maxBuffer is a whole number from 1 to the largest, or an error before any I/O', async (t) => {
  let connections = 0
  const server = await listen(t, () => connections++)
  const address = { host: '127.0.0.1', port: portOf(server) }
  for (const value of STRANGE) {
    if (value === MAX) continue
    const error = await t.throwsAsync(connect(address, { maxBuffer: value as never }), { any: true }, inspect(value))
    t.regex((error as Error).message, /maxBuffer/)
    await t.throwsAsync(processRequest(address, 'x', { maxBuffer: value as never }), { any: true }, inspect(value))
  }
  await turns(5)
  t.is(connections, 0)
  for (const maxBuffer of [1, MAX]) (await connect(address, { maxBuffer })).destroy()
})

test('ports and families are exact numbers', async (t) => {
  for (const value of STRANGE) {
    if (value === 0 || value === undefined) continue
    const error = await t.throwsAsync(
      connect('127.0.0.1:1', { localPort: value as never }),
      { any: true },
      inspect(value)
    )
    t.regex((error as Error).message, /localPort/)
    const other = await t.throwsAsync(connect('127.0.0.1:1', { family: value as never }), { any: true }, inspect(value))
    t.regex((other as Error).message, /family/)
    const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE', message: /port/ }
    await t.throwsAsync(connect({ host: '127.0.0.1', port: value as never }), expected, inspect(value))
  }
})

test('undefined means the default, for every option', async (t) => {
  const { client, socket } = await pair(t, { timeout: undefined, readTimeout: undefined, maxBuffer: undefined })
  socket.write('a\nb\nc')
  const options = { timeout: undefined, signal: undefined, maxSize: undefined, keepMarker: undefined, max: undefined }
  t.is(await client.readLine({ ...options, encoding: undefined, marker: undefined, fatal: undefined }), 'a')
  t.is(latin1(await client.readUntil('\n', options)), 'b\n')
  t.is(latin1(await client.read(options)), 'c')
  await fails(t, client.readAll({ ...options, timeout: 5 }), { code: 'ETIMEDOUT' })
  t.is(client.peek(undefined).length, 0)
  await client.write('x', { timeout: undefined, signal: undefined })
  await client.close({ timeout: undefined })
})
