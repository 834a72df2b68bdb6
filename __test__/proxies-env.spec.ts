// The proxy that the environment names: which variable is for which target, which targets NO_PROXY excepts, and that nothing is read
// unless it is asked for. Serial, as the environment is the whole process'.

import test, { type ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type LookupFunction, processRequest } from 'tcpull'
import { root, site } from './helpers/authorities'
import { dns, ip } from './helpers/certificates'
import { fails, within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import { type Script, scriptedProxy } from './helpers/scripted-proxies'
import { tlsPeer } from './helpers/tls-peers'

const timeout = 0
/** Everything is this machine. */
const lookup: LookupFunction = (_name, { family }, callback) =>
  family === 6 ? callback(null, '::1', 6) : callback(null, '127.0.0.1', 4)

const VARIABLE = /^(all|http|https|no|ftp|socks)_?proxy$/i

/** For the time of a test these variables of proxies alone, whatever the tests run in. */
function environment(t: ExecutionContext, variables: Record<string, string>): void {
  const clear = (): void => {
    for (const name of Object.keys(process.env)) if (VARIABLE.test(name)) delete process.env[name]
  }
  const before = Object.entries(process.env).filter(([name]) => VARIABLE.test(name))
  clear()
  Object.assign(process.env, variables)
  t.teardown(() => {
    clear()
    for (const [name, value] of before) process.env[name] = value
  })
}

/** A target that says how it was reached, and proxies that are known apart. */
async function places(t: ExecutionContext, ...names: string[]) {
  const target = portOf(await listen(t, (socket) => socket.end('directly\n')))
  const proxies: Record<string, string> = {}
  for (const name of names) {
    const serve: Script['serve'] = (stream) => stream.end(`by ${name}\n`)
    const { port } = await scriptedProxy(t, 'http', { serve })
    proxies[name] = `http://127.0.0.1:${port}`
  }
  return { target, proxies }
}

async function route(address: { host: string; port: number } | string, options: ConnectOptions = {}): Promise<string> {
  const dialling = connect(address, { lookup, timeout, proxy: 'env', ...options })
  const client = await within(dialling)
  const line = await within(client.readLine())
  client.destroy()
  return line ?? ''
}

test.serial('without a variable there is no proxy', async (t) => {
  const { target } = await places(t)
  environment(t, {})
  t.is(await route({ host: 'name.test', port: target }), 'directly')
  environment(t, { ALL_PROXY: '', all_proxy: '', HTTPS_PROXY: '', NO_PROXY: '' })
  t.is(await route({ host: 'name.test', port: target }), 'directly')
})

test.serial('ALL_PROXY is for every target, and no other variable for plain ones', async (t) => {
  const { target, proxies } = await places(t, 'all', 'https', 'http', 'ftp')
  const address = { host: 'name.test', port: target }
  const { all = '', https = '', http = '', ftp = '' } = proxies
  environment(t, { ALL_PROXY: all })
  t.is(await route(address), 'by all')
  environment(t, { ALL_PROXY: all, HTTPS_PROXY: https })
  t.is(await route(address), 'by all')
  environment(t, { HTTPS_PROXY: https, HTTP_PROXY: http, http_proxy: http, ftp_proxy: ftp, SOCKS_PROXY: ftp })
  t.is(await route(address), 'directly')
})

test.serial('HTTPS_PROXY is for targets of TLS, before ALL_PROXY', async (t) => {
  const asked: string[] = []
  const own = site({ names: [dns('name.test')] })
  const { port } = await tlsPeer(t, { cert: own.pem, key: own.key })
  const open = async (name: string): Promise<string> => {
    const proxy = await scriptedProxy(t, 'http', {
      lookUp: () => {
        asked.push(name)
        return '127.0.0.1'
      }
    })
    return `http://127.0.0.1:${proxy.port}`
  }
  const [all, https] = [await open('all'), await open('https')]
  const tls = { ca: root().pem, caOnly: true }
  const exchange = async (address: string, options: ConnectOptions): Promise<string[]> => {
    asked.length = 0
    const given = { lookup, timeout, proxy: 'env', encoding: 'utf8', ...options } as const
    t.is(await within(processRequest(address, 'secret\n', given)), 'secret\n')
    return [...asked]
  }
  environment(t, { ALL_PROXY: all, HTTPS_PROXY: https })
  t.deepEqual(await exchange(`tls://name.test:${port}`, { tls }), ['https'])
  t.deepEqual(await exchange(`name.test:${port}`, { tls }), ['https'])
  environment(t, { ALL_PROXY: all })
  t.deepEqual(await exchange(`name.test:${port}`, { tls }), ['all'])
  environment(t, { ALL_PROXY: all, HTTPS_PROXY: '' })
  t.deepEqual(await exchange(`name.test:${port}`, { tls }), ['all'])
  environment(t, { HTTPS_PROXY: https, NO_PROXY: 'name.test' })
  t.deepEqual(await exchange(`name.test:${port}`, { tls }), [])
  // TLS that comes later is not known of.
  environment(t, { HTTPS_PROXY: https })
  asked.length = 0
  const client = await within(connect({ host: 'name.test', port }, { lookup, timeout, proxy: 'env' }))
  await within(client.startTls({ ...tls, timeout }))
  client.destroy()
  t.deepEqual(asked, [])
})

test.serial('lower case comes before upper case, and an empty one is none', async (t) => {
  const { target, proxies } = await places(t, 'lower', 'upper')
  const address = { host: 'name.test', port: target }
  const { lower = '', upper = '' } = proxies
  environment(t, { all_proxy: lower })
  t.is(await route(address), 'by lower')
  environment(t, { ALL_PROXY: upper })
  t.is(await route(address), 'by upper')
  // Windows knows no case here: the variable is the same one.
  if (process.platform === 'win32') return
  environment(t, { all_proxy: lower, ALL_PROXY: upper })
  t.is(await route(address), 'by lower')
  environment(t, { ALL_PROXY: upper, all_proxy: '' })
  t.is(await route(address), 'by upper')
  environment(t, { all_proxy: lower, no_proxy: 'other.test', NO_PROXY: 'name.test' })
  t.is(await route(address), 'by lower')
  environment(t, { all_proxy: lower, no_proxy: 'name.test', NO_PROXY: 'other.test' })
  t.is(await route(address), 'directly')
  environment(t, { all_proxy: lower, no_proxy: '', NO_PROXY: 'name.test' })
  t.is(await route(address), 'directly')
})

test.serial('a proxy without a scheme is one of HTTP, and every scheme is taken', async (t) => {
  const serve: Script['serve'] = (stream) => stream.end('by a proxy\n')
  for (const [speech, schemes] of [
    ['http', ['', 'http://', 'HTTP://']],
    ['socks5', ['socks5://', 'socks5h://']],
    ['socks4', ['socks4://', 'socks4a://']]
  ] as const) {
    const { port, seen } = await scriptedProxy(t, speech, { serve })
    for (const scheme of schemes) {
      environment(t, { ALL_PROXY: `${scheme}127.0.0.1:${port}` })
      t.is(await route({ host: 'name.test', port: 7 }), 'by a proxy')
    }
    const user = speech === 'socks4' ? 'user' : 'user:pass%20word'
    environment(t, { ALL_PROXY: `${schemes[0]}${user}@127.0.0.1:${port}/` })
    t.is(await route({ host: 'name.test', port: 7 }), 'by a proxy')
    if (speech === 'http') t.deepEqual(seen.logins, [['user', 'pass word']])
  }
})

test.serial('a variable that is no proxy is refused, and is not none', async (t) => {
  const { target } = await places(t)
  const values = [
    'none:x',
    'ftp://127.0.0.1:1',
    'http://',
    '://x',
    'http://a b',
    'socks5://canary@x',
    ' http://x',
    'http://x,http://y'
  ]
  for (const value of values) {
    environment(t, { ALL_PROXY: value })
    const dialling = connect({ host: '127.0.0.1', port: target }, { timeout, lookup, proxy: 'env' })
    const error = await t.throwsAsync(within(dialling), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' }, value)
    t.regex((error as Error).message, /^options\.proxy /)
    t.false((error as Error).message.includes('canary'))
  }
})

/** Hosts that an entry excepts, and hosts that it does not. The port is the target's. */
const EXCEPTED: [entry: (port: number) => string, yes: string[], no: string[]][] = [
  [() => '*', ['name.test', '127.0.0.1', '::1'], []],
  [
    () => 'name.test',
    ['name.test', 'NAME.test', 'name.test.', 'www.name.test', 'a.b.name.test'],
    ['aname.test', 'test', '127.0.0.1']
  ],
  [() => '.name.test', ['name.test', 'www.name.test'], ['aname.test']],
  [() => '*.name.test', ['www.name.test'], ['aname.test', 'other.test']],
  [() => 'NAME.TEST.', ['name.test', 'www.name.test.'], ['name.test.other']],
  [() => 'test', ['name.test', 'test'], ['name.atest', 'localhost']],
  [() => 'localhost', ['localhost', 'x.localhost'], ['127.0.0.1', '::1', 'mylocalhost']],
  [() => 'a.test,name.test', ['name.test', 'a.test'], ['b.test']],
  [() => ' a.test ,\tname.test\n b.test,,', ['name.test', 'a.test', 'b.test'], ['c.test', '127.0.0.1']],
  [() => ',, ,', [], ['name.test', '127.0.0.1']],
  [() => '.', [], ['name.test', '127.0.0.1']],
  [() => '*.', [], ['name.test']],
  [(port) => `name.test:${port}`, ['name.test', 'www.name.test'], ['other.test']],
  [(port) => `name.test:${port + 1}`, [], ['name.test']],
  [() => 'name.test:', [], ['name.test']],
  [() => 'name.test:80x', [], ['name.test']],
  [(port) => `name.test:${port + 1},name.test:${port}`, ['name.test'], []],
  [() => '127.0.0.1', ['127.0.0.1'], ['127.0.0.2', 'name.test', 'localhost']],
  [(port) => `127.0.0.1:${port}`, ['127.0.0.1'], ['name.test']],
  [(port) => `127.0.0.1:${port + 1}`, [], ['127.0.0.1']],
  [() => '0.0.1', [], ['127.0.0.1']],
  [() => '.0.0.1', [], ['127.0.0.1']],
  [() => '127.0.0.0/8', ['127.0.0.1', '127.200.0.1'], ['name.test']],
  [() => '127.0.0.1/32', ['127.0.0.1'], ['127.0.0.2']],
  [() => '127.0.0.1/30', ['127.0.0.1', '127.0.0.2'], ['127.0.0.5']],
  [() => '10.0.0.0/8', [], ['127.0.0.1']],
  [() => '0.0.0.0/0', ['127.0.0.1'], ['::1', 'name.test']],
  [() => '::1', ['::1'], ['127.0.0.1']],
  [() => '[::1]', ['::1'], ['127.0.0.1']],
  [(port) => `[::1]:${port}`, ['::1'], ['127.0.0.1']],
  [(port) => `[::1]:${port + 1}`, [], ['::1']],
  [() => '0:0:0:0:0:0:0:1', ['::1'], []],
  [() => '::/64', ['::1'], ['127.0.0.1']],
  [() => '2001:db8::/32', [], ['::1']],
  [() => '::/0', ['::1'], ['127.0.0.1']],
  // What is no network says nothing: a slip must not lead around the proxy.
  [() => '10.0.0.0/', [], ['127.0.0.1']],
  [() => '10.0.0.0/x', [], ['127.0.0.1']],
  [() => '10.0.0.0/33', [], ['127.0.0.1']],
  [() => '10.0.0.0/-1', [], ['127.0.0.1']],
  [() => '127.0.0.1/8/9', [], ['127.200.0.1']],
  [() => '127.0.0.0/0x8', [], ['127.0.0.1']],
  [() => '127.0.0.0/1e1', [], ['127.0.0.1']],
  [() => '127.0.0.0/8.0', [], ['127.0.0.1']],
  [() => '/8', [], ['127.0.0.1']],
  [() => '::/', [], ['::1']],
  [() => '::1/129', [], ['::1']],
  [() => '127', [], ['127.0.0.1']],
  [() => 'http://name.test', [], ['name.test']]
]

for (const [entry, yes, no] of EXCEPTED) {
  test.serial(`NO_PROXY with ${JSON.stringify(entry(80))}`, async (t) => {
    const { proxies } = await places(t, 'a proxy')
    const four = await listen(t, (socket) => socket.end('directly\n'), '0.0.0.0')
    const six = await listen(t, (socket) => socket.end('directly\n'), '::1')
    for (const [hosts, expected] of [
      [yes, 'directly'],
      [no, 'by a proxy']
    ] as const) {
      for (const host of hosts) {
        const port = portOf(host === '::1' ? six : four)
        environment(t, { ALL_PROXY: proxies['a proxy'] ?? '', NO_PROXY: entry(port) })
        t.is(await route({ host, port }), expected, host)
      }
    }
  })
}

test.serial('nothing of the environment is read unless it is asked for', async (t) => {
  const { target, proxies } = await places(t, 'a proxy')
  const address = { host: '127.0.0.1', port: target }
  const variables = { ALL_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'no proxy at all', NO_PROXY: '*' }
  environment(t, variables)
  const own = process.env
  const read: string[] = []
  const note = (name: string | symbol): void => {
    if (typeof name === 'string' && VARIABLE.test(name)) read.push(name)
  }
  process.env = new Proxy(own, {
    get: (target, name) => {
      note(name)
      return Reflect.get(target, name)
    },
    has: (target, name) => {
      note(name)
      return Reflect.has(target, name)
    },
    ownKeys: (target) => {
      read.push('all of them')
      return Reflect.ownKeys(target)
    }
  })
  try {
    for (const proxy of [undefined, false, proxies['a proxy']] as ConnectOptions['proxy'][]) {
      const expected = typeof proxy === 'string' ? 'by a proxy' : 'directly'
      t.is(await route(address, { proxy }), expected)
    }
    const { pem, key } = site({ names: [ip('127.0.0.1')] })
    const { port } = await tlsPeer(t, { cert: pem, key })
    const tls = { ca: root().pem }
    await within(processRequest({ host: '127.0.0.1', port }, 'x\n', { tls, timeout }))
    t.deepEqual(read, [])
    t.is(await route(address), 'directly')
    t.deepEqual([...new Set(read.map((name) => name.toUpperCase()))], ['NO_PROXY'])
  } finally {
    process.env = own
  }
})

test.serial('what the environment names is the proxy of an error', async (t) => {
  environment(t, { ALL_PROXY: 'socks5h://canary:sesame@127.0.0.9:9' })
  const error = await fails(t, connect('name.test:7', { proxy: 'env' }), { code: 'ECONNREFUSED', phase: 'proxy' })
  t.deepEqual(error.proxy, { url: 'socks5h://127.0.0.9:9', hop: 0 })
})
