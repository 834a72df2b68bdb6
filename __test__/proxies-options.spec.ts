// The option `proxy` in every wrong shape, refused before any I/O and never taken for none, and in its right ones. Knows nothing of
// what strings may hold.

import { inspect } from 'node:util'
import test from 'ava'
import { type ConnectOptions, connect, type LookupFunction, type ProxyProtocol } from 'tcpull'
import { within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import { isRefusal } from './helpers/proxy-strings'
import { PROXY_HOST, proxyOf, type Script } from './helpers/scripted-proxies'
import { toLoopback } from './helpers/tls-cases'

const timeout = 0
const serve: Script['serve'] = (stream) => stream.end('hello\n')

const place = { protocol: 'socks5h', host: '127.0.0.1', port: 1 } as const

/** Every one of these has to be refused; none of them means that there is no proxy. */
const WRONG: Record<string, readonly unknown[]> = {
  'of another type': [null, true, 0, 1, NaN, 1n, Symbol('x'), () => undefined, '', 'none', 'false', 'direct', 'ENV'],
  'objects that are none of its own': [{}, new Map(), Buffer.from('socks5://127.0.0.1:1'), Object('socks5://x:1'), /x/],
  'lists with nothing in them': [[], [[]], [undefined], [null], [''], [{}], [false], ['env'], [['socks5h://x:1']]],
  'lists with nothing beside something': [
    ['socks5h://127.0.0.1:1', undefined],
    ['socks5h://127.0.0.1:1', null],
    [undefined, 'socks5h://127.0.0.1:1'],
    [place, false],
    [place, 'env'],
    [place, []]
  ],
  'lists with holes': [
    new Array(1),
    new Array(3),
    Object.assign([], { 1: place }),
    Object.assign([place], { length: 2 })
  ],
  protocols: [
    '',
    'socks',
    'socks6',
    'SOCKS5',
    'socks5:',
    'http+tls',
    'https+tls',
    'tls',
    'tcp',
    'ftp',
    null,
    5,
    ['http']
  ]
    .concat(undefined as never)
    .map((protocol) => ({ ...place, protocol })),
  hosts: [undefined, null, '', ' ', 5, ['127.0.0.1'], {}, '127.0.0.1:1', '[::1', '::1]', 'a..b', '1.2.3', '0x7f.1'].map(
    (host) => ({ ...place, host })
  ),
  ports: [0, -1, 65_536, 1.5, NaN, Infinity, '1080', null, [1080], 1n].map((port) => ({ ...place, port })),
  logins: [
    { username: 'user' },
    { password: 'word' },
    { username: 5, password: 'word' },
    { username: 'user', password: null },
    { username: ['user'], password: 'word' },
    { username: Buffer.from('user'), password: 'word' },
    { username: 'user', password: Object('word') },
    { protocol: 'socks4', username: 'user', password: 'word' },
    { protocol: 'socks4a', password: 'word' },
    { protocol: 'socks4', username: 'user', password: '' },
    { protocol: 'http', username: 'user' },
    { protocol: 'http', password: 'word' }
  ].map((login) => ({ ...place, ...login })),
  'options of TLS': [
    { tls: {} },
    { tls: true },
    { protocol: 'http', tls: {} },
    { protocol: 'https', tls: false },
    { protocol: 'socks5+tls', tls: false }
  ].map((tls) => ({ ...place, ...tls })),
  URLs: [
    '127.0.0.1:1',
    '//127.0.0.1:1',
    'socks5h:127.0.0.1:1',
    'socks5h:/127.0.0.1:1',
    'socks5h://',
    'socks5h://:1',
    'socks5h://127.0.0.1:',
    'socks5h://127.0.0.1:0',
    'socks5h://127.0.0.1:65536',
    'socks5h://127.0.0.1:+1',
    'socks5h://127.0.0.1:1e1',
    'socks5h://127.0.0.1:1/x',
    'socks5h://127.0.0.1:1//',
    'socks5h://127.0.0.1:1?x',
    'socks5h://127.0.0.1:1#x',
    'socks5h://::1:1',
    'socks5h://[::1]1',
    'socks5h://[::1',
    'socks5h://[127.0.0.1]:1',
    'socks5h://user@127.0.0.1:1',
    'socks5h://@127.0.0.1:1',
    'socks5h://:@127.0.0.1:1',
    'socks5h://%zz:word@127.0.0.1:1',
    'socks5h://user:%ff@127.0.0.1:1',
    'socks4://user:word@127.0.0.1:1',
    'socks4://user:@127.0.0.1:1',
    'http://user@127.0.0.1:1',
    'tls://127.0.0.1:1',
    'socks5h ://127.0.0.1:1',
    ' socks5h://127.0.0.1:1',
    'socks5h://127.0.0.1:1 ',
    'socks5h://127.0.0.1:1\n',
    'socks5h:\n//127.0.0.1:1',
    'socks5h://127.0.0.1:1,socks5h://127.0.0.1:1',
    'socks5h://127.0.0.1:1 socks5h://127.0.0.1:1'
  ]
}

for (const [what, values] of Object.entries(WRONG)) {
  test(`proxies that are wrong, ${what}: refused before any I/O`, async (t) => {
    let touched = 0
    const port = portOf(await listen(t, () => touched++))
    const lookup: LookupFunction = () => touched++
    for (const proxy of values) {
      for (const address of [{ host: '127.0.0.1', port }, `tls://name.test:${port}`]) {
        const options = { proxy, lookup, timeout } as ConnectOptions
        const error = await t.throwsAsync(within(connect(address, options)), { any: true }, inspect(proxy))
        isRefusal(t, error, inspect(proxy))
      }
    }
    t.is(touched, 0)
  })
}

test('options of TLS that break a rule, or would not be heeded, are refused for a proxy as for a target', async (t) => {
  let touched = 0
  const lookup: LookupFunction = () => touched++
  const wrong: [option: string, value: unknown][] = [
    ['checkServerIdentity', () => undefined],
    ['ciphers', 'ALL'],
    ['secureContext', {}],
    ['crl', ''],
    ['pfx', Buffer.alloc(9)],
    ['rejectUnauthorized', 'false'],
    ['rejectUnauthorized', 0],
    ['ca', 'none'],
    ['caOnly', true],
    ['pin', 'abc'],
    ['minVersion', 'TLSv1'],
    ['servername', 'a b'],
    ['key', 'none']
  ]
  for (const [option, value] of wrong) {
    for (const protocol of ['https', 'socks5h+tls'] as const) {
      const proxy = { ...place, protocol, tls: { [option]: value } }
      const error = await t.throwsAsync(connect('name.test:1', { proxy, lookup, timeout }), { any: true })
      isRefusal(t, error, `${option} ${inspect(value)}`, new RegExp(`^options\\.(proxy\\.)?tls\\.${option}\\b`))
    }
  }
  for (const tls of [null, 0, '', 'yes', []]) {
    const proxy = { ...place, protocol: 'https' as const, tls: tls as never }
    isRefusal(
      t,
      await t.throwsAsync(connect('name.test:1', { proxy, lookup, timeout }), { any: true }),
      inspect(tls),
      /^options\.(proxy|tls)/
    )
  }
  t.is(touched, 0)
})

test('false and undefined are no proxy', async (t) => {
  const port = portOf(await listen(t, (socket) => socket.end('hello\n')))
  for (const proxy of [undefined, false]) {
    const client = await connect({ host: '127.0.0.1', port }, { proxy } as ConnectOptions)
    t.is(await client.readLine(), 'hello')
    client.destroy()
  }
})

test('a URL says the same as its parts', async (t) => {
  const equal: [url: (port: number) => string, protocol: ProxyProtocol, login?: string[]][] = [
    [(port) => `socks5h://127.0.0.1:${port}`, 'socks5h'],
    [(port) => `socks5h://127.0.0.1:${port}/`, 'socks5h'],
    [(port) => `SOCKS5H://LOCALHOST:${port}`, 'socks5h'],
    [(port) => `socks5h://u%73er:%77ord%20%00%e2%9c%93@127.0.0.1:${port}`, 'socks5h', ['user', 'word \0✓']],
    [(port) => `socks5h://us@er:w@:rd@127.0.0.1:${port}`, 'socks5h', ['us@er', 'w@:rd']],
    [(port) => `http://:@127.0.0.1:${port}`, 'http', ['', '']],
    [(port) => `http://user:@127.0.0.1:${port}`, 'http', ['user', '']],
    [(port) => `socks4a://user@127.0.0.1:${port}`, 'socks4a', ['user']],
    [(port) => `socks4a://us%3Aer@127.0.0.1:${port}`, 'socks4a', ['us:er']],
    [(port) => `socks4://@127.0.0.1:${port}`, 'socks4']
  ]
  for (const [url, protocol, login] of equal) {
    const script = { serve, ...(login && { login: login as [string, string] }) }
    const proxy = await proxyOf(t, protocol, script)
    const client = await within(connect('name.test:7', { lookup: toLoopback, timeout, proxy: url(proxy.port) }))
    t.is(await within(client.readLine()), 'hello')
    client.destroy()
    t.deepEqual(proxy.seen.logins, login ? [login as [string, string]] : [])
  }
})

for (const [protocol, port] of Object.entries({ http: 80, https: 443, socks5: 1080, 'socks4a+tls': 1080 })) {
  test(`without a port ${protocol} is at ${port}`, async (t) => {
    const lookup: LookupFunction = (_name, _options, callback) => callback(null, '127.0.0.9', 4)
    const parts = { protocol: protocol as ProxyProtocol, host: PROXY_HOST }
    for (const proxy of [parts, `${protocol}://${PROXY_HOST}`, `${protocol}://${PROXY_HOST}/`]) {
      const error = await t.throwsAsync(within(connect('name.test:7', { lookup, timeout, proxy })), { any: true })
      t.like(error, { code: 'ECONNREFUSED', phase: 'proxy', proxy: { url: `${protocol}://${PROXY_HOST}:${port}` } })
    }
  })
}
