// No error, and nothing else that is shown, tells a user or a password of a proxy: refused options, proxies that fail in every way,
// and proxies that repeat what they were told. Knows nothing of which code each failure has.

import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type LookupFunction, type ProxyOptions, type TcpClient } from 'tcpull'
import { site } from './helpers/authorities'
import { dns } from './helpers/certificates'
import { within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import type { Stage } from './helpers/proxy-speech'
import { PROXY_HOST, type Proxied, proxyOf, type Reply, type Script } from './helpers/scripted-proxies'
import { toLoopback } from './helpers/tls-cases'

const USER = 'kanarienvogel'
const PASSWORD = 'Sesam-0ffne-Dich*'
const timeout = 0

/** The login, and every way in which it may be written. */
const SECRETS = [USER, PASSWORD, `${USER}:${PASSWORD}`].flatMap((text) => [
  text,
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  Buffer.from(text).toString('base64url').replace(/=+$/, ''),
  Buffer.from(text).toString('hex'),
  // As a Buffer is shown.
  Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$& '),
  [...Buffer.from(text)].join(','),
  encodeURIComponent(text)
])

function keepsSecrets(t: ExecutionContext, error: unknown, what = ''): void {
  const { message, stack, cause } = error as Error
  const shown = inspect(error, { depth: null, showHidden: true, maxStringLength: null, getters: true })
  const all = [message, stack, String(error), shown, JSON.stringify(error), inspect(cause)].join('\n').toLowerCase()
  const told = SECRETS.filter((secret) => all.includes(secret.toLowerCase()))
  t.deepEqual(told, [], `${what}: ${message}`)
}

const own: ProxyOptions = { protocol: 'http', host: '127.0.0.1', port: 9, username: USER, password: PASSWORD }
const login = `${USER}:${PASSWORD}`

const REFUSED: Record<string, unknown[]> = {
  'URLs that are wrong somewhere': [
    `socks5h://${login}@`,
    `socks5h://${login}@:1`,
    `socks5h://${login}@host:x`,
    `socks5h://${login}@host:0`,
    `socks5h://${login}@host:65536`,
    `socks5h://${login}@host:999999`,
    `socks5h://${login}@host/path`,
    `socks5h://${login}@host?query`,
    `socks5h://${login}@host#part`,
    `socks5h://${login}@ho st`,
    `socks5h://${login}@host\n`,
    `socks5h://${login}@host:1:2`,
    `socks5h://${login}@[::1`,
    `socks5h://${login}@::1`,
    `socks5h://${login}@a..b`,
    `socks5h://${login}@%`,
    `socks5h://${login}`,
    `socks5h://${login}:1`,
    `socks5h://${PASSWORD}:${USER}`,
    `socks5h://${login}%zz@host`,
    `socks5h://%zz${login}@host`,
    `socks5h://%ff:${PASSWORD}@host`,
    `socks5h://${USER}%00/${PASSWORD}@host`,
    `socks5h://${login}/@host`,
    `socks5h://${login}?@host`,
    `socks5h://${login}#@host`,
    `socks5h://${USER}@host`,
    `socks5h://${USER}:${PASSWORD.repeat(20)}@host`,
    `socks4://${login}@host`,
    `http://${USER}@host`,
    `http://${login}%0d%0a@host`,
    `http://${USER}%3A:${PASSWORD}@host`,
    `ftp://${login}@host`,
    `//${login}@host`,
    `${login}@host:1`,
    `http:${login}@host`,
    `http:/${login}@host`,
    `http://http://${login}@host`,
    `http://host@${login}`,
    `http://host/${login}`,
    `http://host?${login}`,
    `http://host:${PASSWORD}`,
    ` http://${login}@host`,
    login,
    Object(`socks5h://${login}@host`),
    new URL(`socks5h://${login}@host`),
    Buffer.from(`socks5h://${login}@host`)
  ],
  'objects that are wrong somewhere': [
    { ...own, protocol: 'ftp' },
    { ...own, protocol: `http://${login}@host` },
    { ...own, host: '' },
    { ...own, host: `${login}@host` },
    { ...own, host: `http://${login}@host` },
    { ...own, port: 0 },
    // As a URL comes apart at its colons.
    { ...own, port: `${PASSWORD}@host:9` },
    { ...own, username: undefined },
    { ...own, username: null },
    { ...own, username: [USER] },
    { ...own, password: undefined },
    { ...own, password: Buffer.from(PASSWORD) },
    { ...own, password: { password: PASSWORD } },
    { ...own, username: `${USER}:` },
    { ...own, username: `${USER}\0` },
    { ...own, password: `${PASSWORD}\r\n` },
    { ...own, password: PASSWORD.repeat(300) },
    { ...own, protocol: 'socks5', username: USER.repeat(20) },
    { ...own, protocol: 'socks5', password: PASSWORD.repeat(16) },
    { ...own, protocol: 'socks5', password: '' },
    { ...own, protocol: 'socks4' },
    { ...own, protocol: 'socks4', username: `${USER}\0`, password: undefined },
    { ...own, protocol: 'socks4', username: USER.repeat(20), password: undefined },
    { ...own, tls: {} },
    { ...own, protocol: 'https', tls: false },
    { ...own, protocol: 'https', tls: { ca: login } },
    { ...own, protocol: 'https', tls: { key: PASSWORD, passphrase: PASSWORD } }
  ],
  'lists that are wrong somewhere': [
    [own, null],
    [`http://${login}@host`, ''],
    [own, { ...own, host: '' }],
    [[`http://${login}@host`]],
    Array(17).fill(own),
    Array(5).fill({ ...own, protocol: 'https' }),
    { proxy: own },
    new Map([['proxy', own]]),
    new Set([`http://${login}@host`])
  ]
}

for (const [what, values] of Object.entries(REFUSED)) {
  test(`${what} are refused without their login`, async (t) => {
    for (const proxy of values) {
      for (const host of ['name.test', '::1']) {
        const options = { proxy, lookup: toLoopback, timeout } as ConnectOptions
        const error = await t.throwsAsync(within(connect({ host, port: 7 }, options)), { any: true })
        t.true(error instanceof TypeError || error instanceof RangeError, String(error))
        keepsSecrets(t, error, inspect(proxy).slice(0, 100))
      }
    }
  })
}

test('a target that a proxy cannot be asked for is refused without the login', async (t) => {
  const targets = [
    { host: 'fe80::1%eth0', port: 1 },
    { host: '0.0.0.1', port: 1 },
    { host: '::1', port: 1 }
  ]
  for (const address of targets) {
    for (const protocol of ['socks4', 'socks4a'] as const) {
      const proxy: ProxyOptions = { protocol, host: '127.0.0.1', username: USER }
      keepsSecrets(t, await t.throwsAsync(connect(address, { proxy }), { instanceOf: TypeError }))
    }
  }
})

const protocols = ['http', 'https', 'socks4', 'socks5', 'socks5h+tls'] as const

/** Everything that a dial through such proxies fails with. */
async function failure(
  t: ExecutionContext,
  proxies: readonly ProxyOptions[],
  more: ConnectOptions = {}
): Promise<void> {
  const options = { lookup: toLoopback, timeout, proxy: proxies, ...more }
  const error = await t.throwsAsync(within(connect('name.test:7', options)), { any: true })
  keepsSecrets(t, error)
}

const loginFor = (protocol: string): [string, string?] => (protocol.startsWith('socks4') ? [USER] : [USER, PASSWORD])

/** A proxy that is told the login, and answers so. */
async function failing(t: ExecutionContext, protocol: (typeof protocols)[number], script: Script): Promise<Proxied> {
  return proxyOf(t, protocol, { login: loginFor(protocol), serve: () => {}, ...script })
}

for (const protocol of protocols) {
  const stages: Stage[] = protocol.startsWith('socks5') ? ['method', 'login', 'connect'] : ['connect']

  test(`${protocol}: no failure on the way tells the login`, async (t) => {
    const at =
      (wanted: Stage, act: (reply: Reply) => unknown) =>
      (reply: Reply): unknown =>
        reply.stage === wanted ? act(reply) : reply.stream.write(reply.bytes)
    for (const stage of stages) {
      const answers: ((reply: Reply) => unknown)[] = [
        ({ stream }) => stream.end(),
        ({ stream }) => stream.destroy(),
        ({ stream, bytes }) => stream.end(bytes.subarray(0, -1)),
        ({ stream }) => stream.write('\xff\xff\xff\xff'),
        ({ stream }) => stream.write(Buffer.from([5, 1, 0, 1])),
        ({ stream }) => stream.write(Buffer.from([5, 255])),
        ({ stream }) => stream.write(Buffer.from([1, 1])),
        ({ stream }) => stream.write(Buffer.from([0, 91])),
        ({ stream }) => stream.write(Buffer.from([0, 93])),
        ({ stream }) => stream.write('HTTP/1.1 403 Forbidden\r\n\r\n'),
        ({ stream }) => stream.write('HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic\r\n\r\n'),
        ({ stream }) => stream.write(`${login}\r\n`),
        ({ stream }) => stream.write(`HTTP/1.1 200 OK\r\n ${login}\r\n\r\n`)
      ]
      for (const answer of answers) {
        const proxy = await failing(t, protocol, { answer: at(stage, answer) })
        await failure(t, [proxy.option])
      }
      const silent = await failing(t, protocol, { answer: at(stage, () => {}) })
      await failure(t, [silent.option], { timeout: 60 })
      const abort = new AbortController()
      const aborting = await failing(t, protocol, { answer: at(stage, () => abort.abort()) })
      await failure(t, [aborting.option], { signal: abort.signal })
    }
    const wrong = await failing(t, protocol, {})
    await failure(t, [{ ...wrong.option, username: `${USER}!` }])
    await failure(t, [{ ...wrong.option, host: '127.0.0.9', port: 9 }])
    const nowhere: LookupFunction = (name, _options, callback) =>
      callback(Object.assign(new Error(`nothing for ${name}`), { code: 'ENOTFOUND' }), [])
    await failure(t, [wrong.option], { lookup: nowhere })
    const strange = await failing(t, protocol, { certificate: site({ names: [dns('other.test')] }) })
    if (wrong.option.tls) await failure(t, [strange.option])
    else await failure(t, [{ ...wrong.option, protocol: 'https' }])
  })

  test(`${protocol}: no failure of a chain tells a login, whichever proxy it is about`, async (t) => {
    const second = (script: Script) => failing(t, protocol, { ...script })
    const good = await proxyOf(t, 'socks5h', { login: [USER, PASSWORD] })
    for (const answer of [
      ({ stream }: Reply) => stream.end(),
      ({ stream }: Reply) => stream.write('\xff\xff\xff\xff'),
      ({ stream }: Reply) => stream.write(`HTTP/1.1 403 ${login}\r\n\r\n`)
    ]) {
      await failure(t, [good.option, (await second({ answer })).option])
    }
  })

  test(`${protocol}: a connection that stands tells no login, and neither does its failure`, async (t) => {
    const proxy = await proxyOf(t, protocol, { login: loginFor(protocol) })
    const port = portOf(await listen(t, (socket) => socket.write('hello\n')))
    const client = await within(
      connect({ host: 'name.test', port }, { lookup: toLoopback, timeout, proxy: proxy.option })
    )
    const shown = (known: TcpClient): Error =>
      Object.assign(new Error('shown'), { known, stack: '', timings: known.timings })
    keepsSecrets(t, shown(client))
    const reading = client.readExactly(1_000, { timeout: 20 })
    keepsSecrets(t, await t.throwsAsync(within(reading), { any: true }))
    client.destroy()
    keepsSecrets(t, await t.throwsAsync(within(client.write('x')), { any: true }))
    keepsSecrets(t, shown(client))
  })
}

/** Where in its reply a proxy repeats what it was told. */
const REPEATS: Record<string, (words: string) => string> = {
  'as the reason': (words) => `HTTP/1.1 403 ${words}\r\n\r\n`,
  'within the reason': (words) => `HTTP/1.1 502 No entry for ${words} here\r\n\r\n`,
  'where the reason is cut': (words) => `HTTP/1.1 403 ${'x'.repeat(85)}${words}\r\n\r\n`,
  'in the reason of an interim reply': (words) => `HTTP/1.1 100 ${words}\r\n\r\nHTTP/1.1 500 No\r\n\r\n`,
  'as a scheme': (words) => `HTTP/1.1 407 No\r\nProxy-Authenticate: ${words}\r\n\r\n`,
  'as a scheme of several': (words) => `HTTP/1.1 407 No\r\nProxy-Authenticate: Basic, ${words}, Digest\r\n\r\n`,
  'as a realm': (words) => `HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="${words}"\r\n\r\n`,
  'in a reason that is wrong': (words) => `HTTP/1.1 403 ${words}\0\r\n\r\n`,
  'as a status': (words) => `HTTP/1.1 ${words}\r\n\r\n`,
  'as a line of its own': (words) => `HTTP/1.1 200 OK\r\n ${words}\r\n\r\n`,
  'in place of everything': (words) => `${words}\r\n\r\n`
}

const base64 = Buffer.from(login).toString('base64')

const WORDS = {
  user: USER,
  password: PASSWORD,
  both: login,
  'what it was sent': `Basic ${base64}`,
  'what it was sent without its end': base64.replace(/=+$/, ''),
  'the password in Base64': Buffer.from(PASSWORD).toString('base64')
}

for (const [what, words] of Object.entries(WORDS)) {
  test(`a proxy of HTTP that repeats ${what}`, async (t) => {
    for (const [where, reply] of Object.entries(REPEATS)) {
      for (const protocol of ['http', 'https'] as const) {
        const proxy = await failing(t, protocol, { answer: ({ stream }) => stream.end(reply(words)) })
        const options = { lookup: toLoopback, timeout, proxy: proxy.option }
        keepsSecrets(t, await t.throwsAsync(within(connect('name.test:7', options)), { any: true }), where)
      }
    }
  })
}

test('a proxy that repeats the login of the one before it, which it is', async (t) => {
  const answer = ({ stream }: Reply): unknown => stream.write(`HTTP/1.1 403 ${login}\r\n\r\n`)
  // The first one plays the second, too.
  const first = await proxyOf(t, 'socks5h', {
    login: [USER, PASSWORD],
    serve: (stream) => stream.once('data', () => answer({ stream } as Reply))
  })
  const second: ProxyOptions = { protocol: 'http', host: PROXY_HOST, port: 9, username: 'somebody', password: 'else' }
  await failure(t, [first.option, second])
})
