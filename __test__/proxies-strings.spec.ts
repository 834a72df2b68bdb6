// Strings that try to be more than the user, the password or the host that they are: what cannot be said in the protocol is refused
// before any packet, and everything else comes to the proxy as it was given. Which strings, a helper knows.

import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { connect, type LookupFunction, type ProxyOptions } from 'tcpull'
import { within } from './helpers/failures'
import { carries, isRefusal, lengths, loginOfUrl, nameOf, strings } from './helpers/proxy-strings'
import { PROXY_HOST, type Proxied, proxyOf, type Script } from './helpers/scripted-proxies'
import { toLoopback } from './helpers/tls-cases'

const timeout = 0
const serve: Script['serve'] = (stream) => stream.end('hello\n')

const dial = (proxy: string | ProxyOptions, host = 'name.test') =>
  within(connect({ host, port: 7 }, { lookup: toLoopback, timeout, proxy }))

/** The proxy has been told just this login, or nothing has happened at all. */
async function toldOrRefused(
  t: ExecutionContext,
  { seen }: Proxied,
  option: string | ProxyOptions,
  login: readonly [user: string, password?: string | undefined] | undefined
): Promise<void> {
  const { connections, logins } = { ...seen, logins: seen.logins.length }
  if (login === undefined) {
    isRefusal(t, await t.throwsAsync(dial(option), { any: true }, inspect(option)), inspect(option))
    t.is(seen.connections, connections)
    return
  }
  const client = await dial(option)
  client.destroy()
  const [user, password] = login
  // SOCKS4 has no other way to say that there is no user.
  const told = password === undefined && user === '' ? [] : [password === undefined ? [user] : [user, password]]
  t.deepEqual(seen.logins.slice(logins), told as never, inspect(option))
}

for (const protocol of ['http', 'socks4a', 'socks5h'] as const) {
  const hasPassword = protocol !== 'socks4a'
  const fields = hasPassword ? (['username', 'password'] as const) : (['username'] as const)
  const login = (field: string, text: string): [string, string | undefined] => {
    const other = hasPassword ? 'word' : undefined
    return field === 'username' ? [text, other] : ['user', text]
  }
  // It asks for logins, and lets nobody in by that: SOCKS5 tells them to nobody else.
  const closed = (t: ExecutionContext) => proxyOf(t, protocol, { serve, login: ['', ''], answer: answered })
  const answered: NonNullable<Script['answer']> = ({ stage, stream, bytes }) => {
    const open = { http: 'HTTP/1.1 200 OK\r\n\r\n', socks4a: '\0\x5a\0\0\0\0\0\0', socks5h: '\x05\0\0\x01\0\0\0\0\0\0' }
    if (stage === 'method') return stream.write(bytes)
    return stream.end(Buffer.from(stage === 'login' ? `\x01\0${open[protocol]}` : open[protocol], 'latin1'))
  }

  for (const field of fields) {
    test(`${protocol}: every strange ${field}, as it is`, async (t) => {
      const proxy = await closed(t)
      for (const text of [...strings, ...lengths]) {
        const [username, password] = login(field, text)
        const option = { ...proxy.option, username, password }
        await toldOrRefused(t, proxy, option, carries(protocol, username, password) ? [username, password] : undefined)
      }
    })

    test(`${protocol}: every strange ${field} in a URL, with percent escapes`, async (t) => {
      const proxy = await closed(t)
      for (const text of [...strings, ...lengths]) {
        const [username, password] = login(field, text)
        const written = [username, password].filter((part) => part !== undefined).map(encodeURIComponent)
        const url = `${protocol}://${written.join(':')}@${PROXY_HOST}:${proxy.port}`
        await toldOrRefused(t, proxy, url, carries(protocol, username, password) ? [username, password] : undefined)
      }
    })

    test(`${protocol}: every strange ${field} in a URL, as it is`, async (t) => {
      const proxy = await closed(t)
      for (const text of [...strings, ...lengths]) {
        const written = login(field, text).filter((part) => part !== undefined)
        const understood = loginOfUrl(written.join(':'))
        const url = `${protocol}://${written.join(':')}@${PROXY_HOST}:${proxy.port}`
        await toldOrRefused(t, proxy, url, understood && carries(protocol, ...understood) ? understood : undefined)
      }
    })

    test(`${protocol}: a ${field} that is no Unicode is refused, and not changed`, async (t) => {
      const proxy = await closed(t)
      for (const text of ['\ud800', 'x\udc00y', '\udfff\ud800']) {
        const [username, password] = login(field, text)
        await toldOrRefused(t, proxy, { ...proxy.option, username, password }, undefined)
      }
    })
  }

  test(`${protocol}: every strange host of a target`, async (t) => {
    const proxy = await proxyOf(t, protocol, { serve })
    const unfit = /["`{}]/
    for (const text of [...strings, ...lengths.filter((text) => text.length > 260 || text === '')]) {
      for (const host of [text, `${text}.test`, `www.${text}`]) {
        const { length } = proxy.seen.asked
        const name = nameOf(host)
        try {
          const client = await dial(proxy.option, host)
          client.destroy()
          t.deepEqual(
            proxy.seen.asked.slice(length),
            [{ host: name ?? '(refused)', port: 7, as: 'name' }],
            inspect(host)
          )
        } catch (error) {
          isRefusal(t, error, inspect(host), /^(address|options\.proxy)\b/)
          t.is(proxy.seen.asked.length, length)
          // What a name may be made of is not refused.
          t.true(name === undefined || unfit.test(host) || !/^[\w.-]+$/.test(name) || name.length > 253, inspect(host))
        }
      }
    }
  })
}

test('every strange host of a proxy, as it is and in a URL', async (t) => {
  const proxy = await proxyOf(t, 'socks5h', { serve })
  for (const text of [...strings, ...lengths.filter((text) => text.length > 260 || text === '')]) {
    for (const host of [text, `${text}.test`]) {
      for (const option of [{ ...proxy.option, host }, `socks5h://${host}:${proxy.port}`]) {
        const asked: string[] = []
        const lookup: LookupFunction = (name, _options, callback) => {
          asked.push(name)
          callback(null, '127.0.0.1', 4)
        }
        const name = nameOf(host)
        // An '@' in a URL ends a login.
        if (typeof option === 'string' && host.includes('@')) continue
        try {
          const client = await within(connect('name.test:7', { lookup, timeout, proxy: option }))
          client.destroy()
          t.deepEqual(asked, [name ?? '(refused)'], inspect(option))
        } catch (error) {
          isRefusal(t, error, inspect(option))
          t.deepEqual(asked, [])
          t.true(name === undefined || !/^[\w.-]+$/.test(name) || name.length > 253, inspect(option))
        }
      }
    }
  }
})

test('hosts of the most that a name may have, and one more', async (t) => {
  const proxy = await proxyOf(t, 'http', { serve })
  const longest = `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(61)}`
  const label = 'x'.repeat(63)
  for (const host of ['a', label, longest]) {
    ;(await dial(proxy.option, host)).destroy()
    ;(await dial({ ...proxy.option, host })).destroy()
  }
  t.deepEqual(
    proxy.seen.asked.map(({ host }) => host).filter((host) => host !== 'name.test'),
    ['a', label, longest]
  )
  const { connections } = proxy.seen
  for (const host of ['', `${label}x`, `${longest}w`, 'x'.repeat(255), 'x'.repeat(256)]) {
    isRefusal(t, await t.throwsAsync(dial(proxy.option, host), { any: true }), host, /^address/)
    isRefusal(t, await t.throwsAsync(dial({ ...proxy.option, host }), { any: true }), host)
  }
  t.is(proxy.seen.connections, connections)
})
