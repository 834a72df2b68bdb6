// Several proxies one after the other, some of them over TLS, and TLS within all of that. Knows nothing of what proxies say.

import { TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type LookupFunction, type ProxyProtocol, type TcpClient } from 'tcpull'
import { root, site } from './helpers/authorities'
import { dns } from './helpers/certificates'
import { fails, within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import { bytesAt, LARGEST } from './helpers/positions'
import { PROXY_HOST, type Proxied, protocolNames, protocols, proxyOf } from './helpers/scripted-proxies'
import { toLoopback } from './helpers/tls-cases'
import { tlsPeer } from './helpers/tls-peers'

const timeout = 0
const own = site()

/** Where no server of the tests listens. */
const NOBODY = '127.0.0.9'
const tls = () => ({ ca: root().pem, caOnly: true })

async function chainOf(t: ExecutionContext, ...names: readonly ProxyProtocol[]): Promise<Proxied[]> {
  return Promise.all(names.map((name) => proxyOf(t, name)))
}

async function open(
  t: ExecutionContext,
  chain: readonly Proxied[],
  port: number,
  options: ConnectOptions = {}
): Promise<TcpClient> {
  const proxy = chain.map(({ option }) => option)
  const client = await within(connect({ host: 'name.test', port }, { lookup: toLoopback, timeout, proxy, ...options }))
  t.teardown(() => client.destroy())
  return client
}

/** What each proxy has to be asked for: the next one, or the target. */
function askedOf(chain: readonly Proxied[], port: number): unknown[] {
  return chain.map(({ option }, index) => {
    const next = chain[index + 1]
    const host = next === undefined ? 'name.test' : PROXY_HOST
    const place = protocols[option.protocol].takesNames ? { host, as: 'name' } : { host: '127.0.0.1', as: 'IPv4' }
    return { ...place, port: next?.port ?? port }
  })
}

for (const first of protocolNames) {
  test(`${first}, and then a proxy of every protocol`, async (t) => {
    const greeter = await listen(t, (socket) => {
      socket.write('hello\n')
      socket.pipe(socket)
    })
    const secure = await tlsPeer(t, { cert: own.pem, key: own.key })
    for (const second of protocolNames) {
      const chain = await chainOf(t, first, second)
      const plain = await open(t, chain, portOf(greeter))
      t.is(await within(plain.readLine()), 'hello', second)
      t.is(await within(plain.request('ping\n', { line: true })), 'ping', second)
      t.deepEqual([plain.remotePort, plain.encrypted, plain.tls], [chain[0]?.port, false, null])
      const client = await open(t, chain, secure.port, { tls: tls() })
      t.is(await within(client.request('secret\n', { line: true })), 'secret', second)
      t.deepEqual(
        client.tls?.certificates.map(({ raw }) => raw),
        [own.raw]
      )
      const upgraded = await open(t, chain, secure.port)
      await within(upgraded.startTls({ ...tls(), timeout }))
      t.is(await within(upgraded.request('secret\n', { line: true })), 'secret', second)
      for (const each of [plain, client, upgraded]) await within(each.close())
      for (const proxy of chain) await proxy.settled()
      t.deepEqual(
        chain.map(({ seen }) => seen.asked.length),
        [3, 3]
      )
      t.deepEqual(
        chain.map(({ seen }) => seen.asked[0]),
        askedOf(chain, portOf(greeter))
      )
      t.deepEqual(
        chain.map(({ seen }) => seen.asked[2]),
        askedOf(chain, secure.port)
      )
    }
  })
}

const CHAINS: ProxyProtocol[][] = [
  ['socks5h', 'https', 'socks4a'],
  ['http', 'socks5h+tls', 'socks4'],
  ['https', 'socks5+tls', 'http'],
  ['https', 'https', 'https', 'https'],
  ['socks5+tls', 'https', 'socks4a+tls', 'socks5h+tls'],
  ['http', 'http', 'socks5', 'socks5h', 'socks4a']
]

/** Sends back what it gets, over TLS, and ends when its client does. */
async function echoOverTls(t: ExecutionContext): Promise<number> {
  const server = await listen(t, (socket) => {
    const options = { isServer: true, cert: own.pem, key: own.key, allowHalfOpen: true }
    const secured = new TLSSocket(socket, options)
    secured.on('error', () => {}).pipe(secured)
  })
  return portOf(server)
}

const SIZE = 4 * 1024 * 1024

/** Everything is sent, and read as it comes back meanwhile, and equal. */
async function exchangesMuch(t: ExecutionContext, client: TcpClient): Promise<void> {
  const sending = (async () => {
    for (let at = 0; at < SIZE; at += LARGEST) await client.write(bytesAt(at, Math.min(LARGEST, SIZE - at)))
    await client.end()
  })()
  for (let at = 0; at < SIZE; at += LARGEST) {
    const size = Math.min(LARGEST, SIZE - at)
    t.true((await within(client.readExactly(size))).equals(bytesAt(at, size)), `at ${at}`)
  }
  await within(sending)
  t.is((await within(client.readAll())).length, 0)
}

for (const names of [...CHAINS, ['https'], ['socks5h+tls']] as ProxyProtocol[][]) {
  test(`much data goes both ways at once through ${names.join(', ')}, over TLS`, async (t) => {
    const chain = await chainOf(t, ...names)
    const port = await echoOverTls(t)
    const client = await open(t, chain, port, { tls: tls() })
    await exchangesMuch(t, client)
    await within(client.close())
    t.deepEqual(
      chain.map(({ seen }) => seen.asked),
      askedOf(chain, port).map((asked) => [asked])
    )
    for (const proxy of chain) await proxy.settled()
  })

  test(`much data goes both ways at once through ${names.join(', ')}, plain and by startTls`, async (t) => {
    const chain = await chainOf(t, ...names)
    const plain = portOf(await listen(t, (socket) => socket.pipe(socket)))
    await exchangesMuch(t, await open(t, chain, plain))
    const client = await open(t, chain, await echoOverTls(t))
    await within(client.startTls({ ...tls(), timeout }))
    await exchangesMuch(t, client)
  })

  test(`a target that ends without its goodbye is told from one that ends, through ${names.join(', ')}`, async (t) => {
    const chain = await chainOf(t, ...names)
    const ending = await listen(t, (socket) => socket.end('hello'))
    const client = await open(t, chain, portOf(ending))
    t.is(String(await within(client.readAll())), 'hello')
    const secure = await listen(t, (socket) => {
      const secured = new TLSSocket(socket, { isServer: true, cert: own.pem, key: own.key })
      secured.on('error', () => {})
      // The connection ends under it.
      secured.once('data', () => secured.write('hello', () => socket.end()))
    })
    const cut = await open(t, chain, portOf(secure), { tls: tls() })
    await within(cut.write('x'))
    t.is(String(await within(cut.readExactly(5))), 'hello')
    await fails(t, cut.readExactly(1), { code: 'ERR_TLS_TRUNCATED', phase: 'read', proxy: undefined })
  })
}

test('a proxy that cannot be reached from the one before it', async (t) => {
  const first = await proxyOf(t, 'socks5h', { lookUp: () => NOBODY })
  const port = 9
  const second = { ...first, option: { protocol: 'http', host: PROXY_HOST, port } } as Proxied
  const dialling = open(t, [first, second], 1)
  const error = await fails(t, dialling, { code: 'ERR_PROXY_REFUSED', phase: 'proxy', address: 'name.test', port: 1 })
  t.like(error.proxy, { url: `socks5h://${PROXY_HOST}:${first.port}`, hop: 0, reply: 5 })
})

test('every failure says which proxy it is about', async (t) => {
  const shows = async (second: Proxied, code: string, more: object = {}): Promise<void> => {
    for (const first of await chainOf(t, 'socks5h', 'https')) {
      const error = await fails(t, open(t, [first, second], 9), { code, phase: 'proxy' })
      const { protocol, port } = second.option
      t.deepEqual(error.proxy, { url: `${protocol}://${PROXY_HOST}:${port}`, hop: 1, ...more }, error.message)
    }
  }
  const nowhere = () => NOBODY
  await shows(await proxyOf(t, 'socks5h', { lookUp: nowhere }), 'ERR_PROXY_REFUSED', { reply: 5, refusedBy: 'target' })
  await shows(await proxyOf(t, 'http', { lookUp: () => undefined }), 'ERR_PROXY_REFUSED', {
    reply: 502,
    refusedBy: 'target'
  })
  const closed = await proxyOf(t, 'socks5+tls', { login: ['user', 'password'] })
  await shows({ ...closed, option: { ...closed.option, password: 'wrong' } }, 'ERR_PROXY_AUTH', { reply: 1 })
  const lying = await proxyOf(t, 'socks4a', { answer: ({ stream }) => stream.write('no') })
  await shows(lying, 'ERR_PROXY_PROTOCOL')
  const strange = await proxyOf(t, 'https', { certificate: site({ names: [dns('name.test')] }) })
  await shows(strange, 'ERR_TLS_CERT_ALTNAME_INVALID')
  const expired = await proxyOf(t, 'https', { certificate: site({ names: [dns(PROXY_HOST)], from: -9, to: -1 }) })
  await shows(expired, 'CERT_HAS_EXPIRED')
  const plain = await proxyOf(t, 'http')
  await shows({ ...plain, option: { ...plain.option, protocol: 'https' } }, 'ERR_SSL_WRONG_VERSION_NUMBER')
})

test('names are looked up here for proxies that take none, whoever comes before them', async (t) => {
  const asked: string[] = []
  const lookup: LookupFunction = (name, options, callback) => {
    asked.push(name)
    toLoopback(name, options, callback)
  }
  const port = portOf(await listen(t, (socket) => socket.write('hello\n')))
  const expected: [ProxyProtocol[], string[]][] = [
    [['socks5h', 'http'], [PROXY_HOST]],
    [
      ['socks5', 'http'],
      [PROXY_HOST, PROXY_HOST]
    ],
    [
      ['socks5h', 'socks5'],
      [PROXY_HOST, 'name.test']
    ],
    [
      ['socks4', 'socks5'],
      [PROXY_HOST, PROXY_HOST, 'name.test']
    ]
  ]
  for (const [names, list] of expected) {
    asked.length = 0
    const client = await open(t, await chainOf(t, ...names), port, { lookup })
    t.is(await within(client.readLine()), 'hello')
    t.deepEqual([...asked].sort(), [...list].sort(), names.join())
  }
})

test('one time is for the whole chain, and one signal', async (t) => {
  const [first] = await chainOf(t, 'https')
  const silent = await proxyOf(t, 'socks5h+tls', { answer: () => {} })
  const chain = [first as Proxied, silent]
  const timedOut = { name: 'TimeoutError', code: 'ETIMEDOUT', phase: 'proxy', syscall: undefined }
  await fails(t, open(t, chain, 1, { timeout: 200 }), timedOut)
  const abort = new AbortController()
  const waiting = await proxyOf(t, 'http', { answer: () => abort.abort('why') })
  const aborted = { name: 'AbortError', code: 'ABORT_ERR', cause: 'why' }
  await fails(t, open(t, [first as Proxied, waiting], 1, { signal: abort.signal }), aborted)
  for (const proxy of [...chain, waiting]) await proxy.settled()
})

test('sixteen proxies are a chain, four of them over TLS; more are refused before any I/O', async (t) => {
  const secure = Array<ProxyProtocol>(4).fill('https')
  const plain = (count: number) => Array<ProxyProtocol>(count).fill('socks5h')
  const chain = await chainOf(t, ...secure, ...plain(12))
  const client = await open(t, chain, await echoOverTls(t), { tls: tls() })
  t.is(await within(client.request('ping\n', { line: true })), 'ping')
  client.destroy()
  for (const proxy of chain) await proxy.settled()
  const connections = chain[0]?.seen.connections
  for (const names of [plain(17), plain(1000), [...secure, 'socks5+tls' as const]]) {
    const proxy = names.map((protocol) => ({ ...chain[0]?.option, protocol })) as never
    const dialling = connect('name.test:1', { lookup: toLoopback, timeout, proxy })
    await t.throwsAsync(dialling, { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE', message: /^options\.proxy / })
  }
  t.is(chain[0]?.seen.connections, connections)
})
