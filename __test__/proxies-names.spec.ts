// What a proxy is handed of a target, as a name or as an address, and who looks names up; logins. Knows nothing of how a target
// is spoken to.

import { getEventListeners } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type LookupFunction, type ProxyProtocol, type TcpError } from 'tcpull'
import { fails, within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import type { Login } from './helpers/proxy-speech'
import {
  PROXY_HOST,
  type Proxied,
  protocolNames,
  protocols,
  proxyOf,
  type Script,
  scriptedProxy
} from './helpers/scripted-proxies'
import { toLoopback } from './helpers/tls-cases'

const timeout = 0
const serve: Script['serve'] = (stream) => stream.end('hello\n')
const takesNames = protocolNames.filter((name) => protocols[name].takesNames)
const takesAddresses = protocolNames.filter((name) => !protocols[name].takesNames)

/** Answers with these addresses, and notes what it was asked. */
function answering(...addresses: string[]): { lookup: LookupFunction; asked: unknown[] } {
  const asked: unknown[] = []
  const lookup: LookupFunction = (name, { family }, callback) => {
    asked.push([name, family])
    if (name === PROXY_HOST) callback(null, '127.0.0.1', 4)
    else
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      )
  }
  return { lookup, asked }
}

/** Connects, reads what the target says, and gives what the proxy was asked. */
async function ask(t: ExecutionContext, proxy: Proxied, host: string, options: ConnectOptions = {}): Promise<unknown> {
  const dialling = connect({ host, port: 7 }, { lookup: toLoopback, timeout, proxy: proxy.option, ...options })
  const client = await within(dialling)
  t.is(await within(client.readLine()), 'hello')
  client.destroy()
  await proxy.settled()
  return proxy.seen.asked.at(-1)
}

/** As given, and as it is to be handed on. */
const NAMES: Record<string, string> = {
  a: 'a',
  localhost: 'localhost',
  'nowhere.invalid': 'nowhere.invalid',
  // A final dot means that the name is whole.
  'name.test.': 'name.test.',
  'NAME.Test': 'name.test',
  'under_score.name.test': 'under_score.name.test',
  'bücher.test': 'xn--bcher-kva.test',
  'ｎａｍｅ.test': 'name.test',
  [`${'x.'.repeat(124)}test1`]: `${'x.'.repeat(124)}test1`,
  [`${'y'.repeat(63)}.test`]: `${'y'.repeat(63)}.test`
}

for (const protocol of takesNames) {
  test(`${protocol} is handed every name, and nothing of it is looked up here`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const { lookup, asked } = answering()
    for (const [given, handed] of Object.entries(NAMES)) {
      t.deepEqual(await ask(t, proxy, given, { lookup }), { host: handed, port: 7, as: 'name' })
    }
    t.deepEqual(new Set(asked.map(String)), new Set([`${PROXY_HOST},0`]))
  })

  test(`${protocol} is handed a name whatever the family`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    t.deepEqual(await ask(t, proxy, 'name.test', { family: 4 }), { host: 'name.test', port: 7, as: 'name' })
  })

  test(`${protocol}: a name that the proxy does not know`, async (t) => {
    const proxy = await proxyOf(t, protocol, { lookUp: () => undefined })
    const dialling = connect('name.test:7', { lookup: toLoopback, timeout, proxy: proxy.option })
    const error = await fails(t, dialling, { code: 'ERR_PROXY_REFUSED', phase: 'proxy', address: 'name.test', port: 7 })
    t.is(error.proxy?.reply, { http: 502, socks4: 91, socks5: 4 }[protocols[protocol].speech])
  })
}

for (const protocol of takesAddresses) {
  test(`${protocol} is handed the first address that lookup gives for the name`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const { lookup, asked } = answering('10.1.2.3', '10.1.2.4')
    t.deepEqual(await ask(t, proxy, 'Name.test', { lookup }), { host: '10.1.2.3', port: 7, as: 'IPv4' })
    t.deepEqual(new Set(asked.map(String)), new Set([`${PROXY_HOST},0`, 'name.test,0']))
    t.is(asked.length, 2)
  })

  test(`${protocol} is handed an address of the wanted family`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const { lookup, asked } = answering('2001:db8::1', '10.1.2.3')
    t.deepEqual(await ask(t, proxy, 'name.test', { lookup, family: 4 }), { host: '10.1.2.3', port: 7, as: 'IPv4' })
    t.deepEqual(
      asked.map((entry) => (entry as unknown[])[1]),
      [4, 4]
    )
  })

  test(`${protocol}: a name that the system looks up`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const option = { ...proxy.option, host: '127.0.0.1' }
    if (option.tls) option.tls = { ...option.tls, servername: PROXY_HOST }
    const options = { lookup: undefined, family: 4, proxy: option } as const
    t.deepEqual(await ask(t, proxy, 'localhost', options), { host: '127.0.0.1', port: 7, as: 'IPv4' })
  })

  test(`${protocol}: a name that does not exist, as the system says`, async (t) => {
    const { seen, port } = await scriptedProxy(t, protocols[protocol].speech, { serve })
    const proxy = `${protocol.replace('+tls', '')}://127.0.0.1:${port}`
    const error = await fails(t, connect('nowhere.invalid:7', { timeout, proxy }), { phase: 'proxy' })
    t.regex(error.code, /^(ENOTFOUND|EAI_AGAIN)$/)
    t.is(error.proxy?.hop, 0)
    t.deepEqual(seen.asked, [])
  })
}

for (const protocol of ['socks5', 'socks5+tls'] as const) {
  test(`${protocol} is handed an address of IPv6, where that is wanted or comes first`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const { lookup } = answering('10.1.2.3', '2001:db8::1')
    const six = { host: '2001:db8:0:0:0:0:0:1', port: 7, as: 'IPv6' }
    const tls = proxy.option.tls && { tls: { ...proxy.option.tls, servername: PROXY_HOST } }
    const option = { ...proxy.option, host: '127.0.0.1', ...tls }
    t.deepEqual(await ask(t, proxy, 'name.test', { lookup, family: 6, proxy: option }), six)
    t.deepEqual(await ask(t, proxy, 'name.test', { lookup: answering('2001:db8::1', '10.1.2.3').lookup }), six)
  })
}

for (const protocol of ['socks4', 'socks4+tls'] as const) {
  test(`${protocol} is handed addresses of IPv4 alone`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const four = { host: '10.1.2.3', port: 7, as: 'IPv4' }
    t.deepEqual(await ask(t, proxy, 'name.test', { lookup: answering('2001:db8::1', '10.1.2.3').lookup }), four)
    const { lookup } = answering('2001:db8::1')
    const dialling = connect('name.test:7', { lookup, timeout, proxy: proxy.option })
    await fails(t, dialling, { code: 'ENOTFOUND', phase: 'proxy' })
    await proxy.settled()
    t.is(proxy.seen.asked.length, 1)
  })

  test(`${protocol} is handed a target that is an address, whatever family is wanted`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const tls = proxy.option.tls && { tls: { ...proxy.option.tls, servername: PROXY_HOST } }
    const option = { ...proxy.option, host: '127.0.0.1', ...tls }
    const four = { host: '10.1.2.3', port: 7, as: 'IPv4' }
    t.deepEqual(await ask(t, proxy, '10.1.2.3', { family: 6, proxy: option }), four)
  })

  test(`${protocol} is handed no address of IPv4 where IPv6 alone is wanted`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const { lookup } = answering('2001:db8::1', '10.1.2.3')
    const tls = proxy.option.tls && { tls: { ...proxy.option.tls, servername: PROXY_HOST } }
    const option = { ...proxy.option, host: '127.0.0.1', ...tls }
    await t.throwsAsync(within(connect('name.test:7', { lookup, timeout, family: 6, proxy: option })), { any: true })
    await proxy.settled()
    t.deepEqual(proxy.seen.asked, [])
  })
}

for (const protocol of protocolNames) {
  test(`${protocol}: an address of IPv4`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const { lookup, asked } = answering()
    t.deepEqual(await ask(t, proxy, '10.1.2.3', { lookup }), { host: '10.1.2.3', port: 7, as: 'IPv4' })
    t.deepEqual(asked.map(String), [`${PROXY_HOST},0`])
  })

  test(`${protocol}: a target with an address of IPv6`, async (t) => {
    const socks4 = protocols[protocol].speech === 'socks4'
    const proxy = await proxyOf(t, protocol)
    const server = await listen(t, (socket) => socket.end('hello\n'), '::1')
    const dialling = connect(
      { host: '::1', port: portOf(server) },
      { lookup: toLoopback, timeout, proxy: proxy.option }
    )
    if (socks4) {
      await t.throwsAsync(within(dialling), { code: 'ERR_INVALID_ARG_VALUE', message: /^options\.proxy .*IPv6/ })
      t.is(proxy.seen.connections, 0)
      return
    }
    const client = await within(dialling)
    t.is(await within(client.readLine()), 'hello')
    client.destroy()
    const host = protocols[protocol].speech === 'http' ? '::1' : '0:0:0:0:0:0:0:1'
    t.deepEqual(proxy.seen.asked, [{ host, port: portOf(server), as: 'IPv6' }])
  })

  test(`${protocol}: an address that means something on this machine alone is not handed on`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const options = { lookup: toLoopback, timeout, proxy: proxy.option }
    const dialling = connect({ host: 'fe80::1%eth0', port: 7 }, options)
    await t.throwsAsync(dialling, { code: 'ERR_INVALID_ARG_VALUE', message: /^options\.proxy .*interfaces/ })
    t.is(proxy.seen.connections, 0)
  })
}

test("a lookup that fails for the proxy's name, or gives nothing, is about the proxy", async (t) => {
  const cause = Object.assign(new Error('nothing here'), { code: 'ENODATA' })
  for (const protocol of ['socks5', 'http'] as const) {
    const lookup: LookupFunction = (name, _options, callback) =>
      name === PROXY_HOST ? callback(cause, []) : callback(null, '127.0.0.1', 4)
    const dialling = connect('name.test:7', { lookup, timeout, proxy: { protocol, host: PROXY_HOST } })
    const error = await fails(t, dialling, { code: 'ENODATA', phase: 'proxy', cause })
    t.is(error.proxy?.hop, 0)
  }
})

/** Who gets in with what, in every protocol. */
const LOGINS: Partial<Record<ProxyProtocol, Login>> = {
  http: ['user', 'pass word: é✓'],
  https: ['user', ''],
  socks4: ['user'],
  socks4a: ['ü ser@host:é'],
  socks5: ['us:er', 'pass\0word\r\n'],
  socks5h: ['x'.repeat(255), 'é'.repeat(127)],
  'socks4a+tls': ['user'],
  'socks5h+tls': ['user', '%41']
}

for (const [protocol, login] of Object.entries(LOGINS) as [ProxyProtocol, Login][]) {
  test(`${protocol} is told the login, which lets in`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve, login })
    await ask(t, proxy, 'name.test')
    t.deepEqual(proxy.seen.logins, [login])
  })

  test(`${protocol} with the wrong login, or none, is asked once and reached no further`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve, login })
    const { username, password, ...open } = proxy.option
    const wrong = { ...proxy.option, username: `${username}`.slice(1) || 'y' }
    if (password === '') wrong.password = 'something'
    const { speech } = protocols[protocol]
    for (const option of [open, wrong]) {
      const dialling = connect('name.test:7', { lookup: toLoopback, timeout, proxy: option })
      const error: TcpError = await fails(t, dialling, { code: 'ERR_PROXY_AUTH', phase: 'proxy', address: 'name.test' })
      const reply = { http: 407, socks4: 93, socks5: option === open ? 255 : 1 }[speech]
      t.deepEqual(error.proxy, { url: `${protocol}://${PROXY_HOST}:${proxy.port}`, hop: 0, reply })
    }
    await proxy.settled()
    t.deepEqual([proxy.seen.connections, proxy.seen.asked, proxy.seen.bytes], [2, [], 0])
  })

  test(`${protocol} that wants no login is connected through with one, too`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const [username, password] = login
    const option = { ...proxy.option, username, ...(password !== undefined && { password }) }
    await ask(t, proxy, 'name.test', { proxy: option })
    // SOCKS5 tells it where it is asked for alone.
    t.is(proxy.seen.logins.length, protocols[protocol].speech === 'socks5' ? 0 : 1)
  })
}

test('a look-up that fails ends the other one, and names the proxy that it is for', async (t) => {
  const mine = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
  const lookup: LookupFunction = (name, _options, callback) => {
    if (name === 'second.test') callback(mine, [])
  }
  const { signal } = new AbortController()
  const proxy = ['socks5://first.test:1', 'socks5://second.test:1']
  const dialling = connect('name.test:7', { lookup, timeout: 600_000, signal, proxy })
  const error = await fails(t, dialling, { code: 'ENOTFOUND', phase: 'proxy' })
  t.regex(error.message, /^proxy 1 of 2 socks5:\/\/first\.test:1: /)
  t.deepEqual(getEventListeners(signal, 'abort'), [])
})
