// Opening: options of `connect`, look-ups of the caller's own, and how a dial fails. Addresses have a file of their own.

import test from 'ava'
import type { Address, ConnectOptions, LookupFunction, TcpClient } from 'tcpull'
import { fails, outcome, within } from './helpers/failures'
import { freePort, listen, pair, portOf, silentPort, turns } from './helpers/peer'
import { connect } from './helpers/transport'

type Callback = Parameters<LookupFunction>[2]

/** A client that the end of the test destroys. */
async function open(t: Parameters<typeof listen>[0], address: Address, options?: ConnectOptions): Promise<TcpClient> {
  const client = await within(connect(address, options))
  t.teardown(() => client.destroy())
  return client
}

const answering =
  (...answer: unknown[]): LookupFunction =>
  (_name, _options, callback) =>
    (callback as (...all: unknown[]) => void)(null, ...answer)

test('a refused connection names its address, its port and every attempt', async (t) => {
  const port = await freePort()
  const shape = {
    name: 'TcpError',
    code: 'ECONNREFUSED',
    phase: 'connect',
    syscall: 'connect',
    address: '127.0.0.1',
    port
  }
  const error = await fails(t, connect({ host: '127.0.0.1', port }), shape)
  t.true((error.errno ?? 0) < 0)
  t.is(error.attempts?.length, 1)
  t.like(error.attempts?.[0], { address: '127.0.0.1', port, family: 4, outcome: 'failed', code: 'ECONNREFUSED' })
  t.true((error.attempts?.[0]?.ms ?? -1) >= 0)
})

test('localhost is looked up, and the look-up is timed', async (t) => {
  const server = await listen(t, () => {})
  const client = await open(t, `localhost:${portOf(server)}`, { family: 4 })
  t.is(client.remoteAddress, '127.0.0.1')
  t.true((client.timings.lookup ?? -1) >= 0)
  t.true(client.timings.connect >= 0)
})

test('a name that does not exist fails in the look-up', async (t) => {
  const error = await fails(t, connect('does-not-exist.invalid:80'), { name: 'TcpError', phase: 'lookup', port: 80 })
  t.regex(error.code, /^(ENOTFOUND|EAI_AGAIN)$/)
  t.is(error.address, 'does-not-exist.invalid')
  t.regex(error.message, /does-not-exist\.invalid/)
})

test("a lookup of one's own is asked with Node's arguments and may answer in both forms", async (t) => {
  const server = await listen(t, () => {})
  const port = portOf(server)
  const asked: unknown[] = []
  const many: LookupFunction = (name, options, callback) => {
    asked.push(name, options)
    callback(null, [{ address: '127.0.0.1', family: 4 }])
  }
  const one: LookupFunction = (_name, _options, callback) => setTimeout(callback, 1, null, '127.0.0.1', 4)
  for (const lookup of [many, one]) {
    const client = await open(t, { host: 'made.up', port }, { lookup })
    t.is(client.remoteAddress, '127.0.0.1')
  }
  t.is(asked[0], 'made.up')
  t.like(asked[1], { all: true, family: 0 })
})

test("a lookup of one's own is told the family, and not asked for an address in numbers", async (t) => {
  const server = await listen(t, () => {})
  const port = portOf(server)
  let asked = 0
  let family: number | undefined
  const lookup: LookupFunction = (_name, options, callback) => {
    asked++
    family = options.family
    callback(null, '127.0.0.1', 4)
  }
  await open(t, { host: '127.0.0.1', port }, { lookup })
  t.is(asked, 0)
  await open(t, { host: 'made.up', port }, { lookup, family: 4 })
  t.deepEqual([asked, family], [1, 4])
})

test('the addresses of a lookup are tried until one answers', async (t) => {
  const server = await listen(t, () => {})
  const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.1'].map((address) => ({ address, family: 4 }))
  const client = await open(t, { host: 'made.up', port: portOf(server) }, { lookup: answering(addresses) })
  t.is(client.remoteAddress, '127.0.0.1')
  t.deepEqual(
    client.attempts.map(({ address, outcome }) => [address, outcome]),
    [
      ['127.0.0.2', 'failed'],
      ['127.0.0.3', 'failed'],
      ['127.0.0.1', 'won']
    ]
  )
})

test('a lookup that fails is the cause of the error', async (t) => {
  const cause = Object.assign(new Error('nothing here'), { code: 'ENODATA', syscall: 'queryA', errno: -5 })
  const lookup: LookupFunction = (_name, _options, callback) => callback(cause, [])
  const shape = { code: 'ENODATA', phase: 'lookup', syscall: 'queryA', address: 'made.up', port: 1, cause }
  await fails(t, connect({ host: 'made.up', port: 1 }, { lookup }), shape)
})

test('a lookup that gives nothing, or no address, fails', async (t) => {
  const wrong: [unknown[], string][] = [
    [[[]], 'ENOTFOUND'],
    [[undefined], 'ENOTFOUND'],
    [[''], 'ERR_INVALID_IP_ADDRESS'],
    [['not an address', 4], 'ERR_INVALID_IP_ADDRESS'],
    [
      [
        [
          { address: '127.0.0.1', family: 4 },
          { address: 'x', family: 4 }
        ]
      ],
      'ERR_INVALID_IP_ADDRESS'
    ],
    [[[{}]], 'ERR_INVALID_IP_ADDRESS'],
    [[[null]], 'ERR_INVALID_IP_ADDRESS'],
    [[5], 'ERR_INVALID_IP_ADDRESS']
  ]
  for (const [answer, code] of wrong) {
    const dialling = connect({ host: 'made.up', port: 1 }, { lookup: answering(...answer) })
    await fails(t, dialling, { code, phase: 'lookup' })
  }
})

test("a lookup that throws is the caller's own error", async (t) => {
  const mine = new Error('mine')
  const lookup: LookupFunction = () => {
    throw mine
  }
  t.is(await t.throwsAsync(connect({ host: 'made.up', port: 1 }, { lookup })), mine)
})

test('a lookup that answers twice, or late, changes nothing', async (t) => {
  const server = await listen(t, () => {})
  const lookup: LookupFunction = (_name, _options, callback) => {
    callback(null, '127.0.0.1', 4)
    callback(new Error('again'), [])
  }
  await open(t, { host: 'made.up', port: portOf(server) }, { lookup })
  let late: Callback | undefined
  const silent: LookupFunction = (_name, _options, callback) => {
    late = callback
  }
  await fails(t, connect({ host: 'made.up', port: 1 }, { lookup: silent, timeout: 5 }), { code: 'ETIMEDOUT' })
  late?.(null, '127.0.0.1', 4)
  await turns(5)
})

test("a lookup without an end ends with the dial's time or its signal", async (t) => {
  const lookup: LookupFunction = () => {}
  const address = { host: 'made.up', port: 1 }
  const timedOut = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'lookup', address: 'made.up', port: 1 }
  await fails(t, connect(address, { lookup, timeout: 5 }), timedOut)
  const abort = new AbortController()
  const dialling = connect(address, { lookup, signal: abort.signal })
  abort.abort('why')
  await fails(t, dialling, { name: 'AbortError', code: 'ABORT_ERR', phase: 'lookup', cause: 'why', port: 1 })
})

test('a dial whose handshake is not answered times out, or is aborted', async (t) => {
  const port = await silentPort(t)
  const timedOut = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'connect', syscall: undefined, port }
  const error = await fails(t, connect({ host: '127.0.0.1', port }, { timeout: 50 }), timedOut)
  t.like(error.attempts, [{ address: '127.0.0.1', port, outcome: 'unfinished' }])
  const abort = new AbortController()
  const dialling = connect({ host: '127.0.0.1', port }, { signal: abort.signal })
  await turns(10)
  abort.abort(new Error('why'))
  const aborted = await fails(t, dialling, { name: 'AbortError', code: 'ABORT_ERR', phase: 'connect', port })
  t.is((aborted.cause as Error).message, 'why')
})

test('a dial with an aborted signal does nothing', async (t) => {
  let connections = 0
  const server = await listen(t, () => connections++)
  const signal = AbortSignal.abort()
  let asked = 0
  const lookup: LookupFunction = () => asked++
  const port = portOf(server)
  for (const host of ['127.0.0.1', 'made.up']) {
    await fails(t, connect({ host, port }, { signal, lookup }), { name: 'AbortError', code: 'ABORT_ERR', port })
  }
  await turns(10)
  t.deepEqual([connections, asked], [0, 0])
})

test('a signal that is aborted after the dial does nothing to the connection', async (t) => {
  const server = await listen(t, (socket) => socket.pipe(socket))
  const abort = new AbortController()
  const client = await open(t, { host: '127.0.0.1', port: portOf(server) }, { signal: abort.signal })
  abort.abort()
  t.is(await client.request('x\n', { line: true }), 'x')
})

test('localAddress and localPort are what the peer sees', async (t) => {
  const seen: unknown[] = []
  const server = await listen(t, (socket) => seen.push(socket.remoteAddress, socket.remotePort))
  const localPort = await freePort()
  const address = { host: '127.0.0.1', port: portOf(server) }
  const client = await open(t, address, { localAddress: '127.0.0.5', localPort })
  t.deepEqual([client.localAddress, client.localPort], ['127.0.0.5', localPort])
  while (seen.length === 0) await turns(1)
  t.deepEqual(seen, ['127.0.0.5', localPort])
})

test('a local port in use fails', async (t) => {
  const server = await listen(t, () => {})
  const address = { host: '127.0.0.1', port: portOf(server) }
  const options = { localAddress: '127.0.0.1', localPort: address.port }
  t.regex(await outcome(connect(address, options)), /^(EADDRINUSE|EADDRNOTAVAIL)$/)
})

test('family keeps to one kind of address', async (t) => {
  const four = await listen(t, () => {})
  const six = await listen(t, () => {}, '::1')
  const both = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 }
  ]
  const lookup = answering(both)
  const overFour = await open(t, { host: 'made.up', port: portOf(four) }, { family: 4, lookup })
  t.deepEqual([overFour.remoteFamily, overFour.attempts.length], ['IPv4', 1])
  const overSix = await open(t, { host: 'made.up', port: portOf(six) }, { family: 6, lookup })
  t.deepEqual([overSix.remoteFamily, overSix.attempts.length], ['IPv6', 1])
})

test('with both kinds of address the one that answers wins', async (t) => {
  const server = await listen(t, () => {})
  const both = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 }
  ]
  const client = await open(t, { host: 'made.up', port: portOf(server) }, { lookup: answering(both) })
  t.is(client.remoteAddress, '127.0.0.1')
  t.deepEqual(client.attempts.at(-1)?.outcome, 'won')
})

test('family says nothing about an address in numbers, as in net', async (t) => {
  const server = await listen(t, () => {})
  const client = await open(t, { host: '127.0.0.1', port: portOf(server) }, { family: 6 })
  t.is(client.remoteFamily, 'IPv4')
})

test('every socket option is taken', async (t) => {
  const server = await listen(t, (socket) => socket.pipe(socket))
  const address = { host: '127.0.0.1', port: portOf(server) }
  for (const options of [
    { noDelay: false },
    { noDelay: true, keepAlive: true },
    { keepAlive: true, keepAliveInitialDelay: 1000 },
    { keepAlive: false, keepAliveInitialDelay: 60_000 },
    { attemptDelay: 0, timeout: 0 },
    { attemptDelay: 1, timeout: Infinity },
    { readTimeout: 0, writeTimeout: 0, maxBuffer: 1 },
    { lookup: undefined, signal: undefined, family: undefined, localAddress: undefined, localPort: undefined }
  ]) {
    const client = await open(t, address, options)
    t.is(String(await client.request('x', { size: 1 })), 'x', JSON.stringify(options))
  }
})

test('userTimeout is taken where the system has it, and elsewhere says so before any I/O', async (t) => {
  const server = await listen(t, (socket) => socket.pipe(socket))
  const address = { host: '127.0.0.1', port: portOf(server) }
  if (process.platform === 'linux') {
    const client = await open(t, address, { userTimeout: 5000 })
    t.is(String(await client.request('x', { size: 1 })), 'x')
  } else {
    await fails(t, connect(address, { userTimeout: 5000 }), { code: 'ENOTSUP', syscall: 'setsockopt' })
  }
})

test('readTimeout is the default of every read, and a timeout of 0 none', async (t) => {
  const { client, socket } = await pair(t, { readTimeout: 5 })
  for (const read of [
    () => client.read(),
    () => client.readExactly(4),
    () => client.readLine(),
    () => client.lines().next(),
    () => client[Symbol.asyncIterator]().next()
  ]) {
    t.is(await outcome(read()), 'ETIMEDOUT')
  }
  const patient = client.readExactly(4, { timeout: 0 })
  setTimeout(() => socket.write('late'), 100)
  t.is(String(await within(patient)), 'late')
})

test('wrong options are refused before any I/O', async (t) => {
  let connections = 0
  const server = await listen(t, () => connections++)
  const address = { host: '127.0.0.1', port: portOf(server) }
  const wrong: Record<string, unknown[]> = {
    family: [1, '4', null],
    localAddress: ['', 'localhost', 5, null],
    localPort: [-1, 65_536, 1.5, '80', null],
    lookup: ['dns', {}, null],
    signal: [{}, true, null],
    noDelay: [1, 'yes', null],
    keepAlive: [1, 'yes', null],
    tls: [0, 1, '', 'yes', null, []],
    proxy: [0, '', null, {}, [], 'socks6://127.0.0.1:1', 'socks5://', '127.0.0.1:1'],
    log: [{}]
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const error = await t.throwsAsync(connect(address, { [name]: value }), { any: true })
      t.regex((error as NodeJS.ErrnoException).code ?? '', /^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/)
      t.regex((error as Error).message, new RegExp(name), `${name}: ${value}`)
    }
  }
  for (const options of [null, 5, 'x']) {
    await t.throwsAsync(connect(address, options as never), { code: 'ERR_INVALID_ARG_TYPE' })
  }
  const mixed = { family: 6, localAddress: '127.0.0.1' } as const
  await t.throwsAsync(connect(address, mixed), { code: 'ERR_INVALID_ARG_VALUE', message: /localAddress.*family 6/ })
  await turns(10)
  t.is(connections, 0)
})
