// Connections through several proxies that others wrote, of different kinds, some of them over TLS: what the target sends comes whole,
// and of what fails the error says where. Knows nothing of what one proxy does alone.

import type { ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type ProxyOptions, type ProxyProtocol, type TcpClient } from 'tcpull'
import { trusting } from './helpers/dialling'
import { fails, within } from './helpers/failures'
import { HIDDEN, type ProxyName } from './helpers/real-proxies'
import { needing } from './helpers/real-tests'
import { launch, optionOf, proxyOf, type Route, routeBy, urlOf } from './helpers/routes'
import { exchange, greeter, isSecured, meet, NOBODY, store, upgrade, upgrader } from './helpers/targets'

const timeout = 0

type Hops = readonly (readonly [server: ProxyName, protocol: ProxyProtocol])[]

/** Of three kinds each, and the last one looks the target's name up. */
const CHAINS: Hops[] = [
  [
    ['tinyproxy', 'http'],
    ['microsocks with a login', 'socks5h+tls'],
    ['twisted', 'socks4a']
  ],
  [
    ['squid with a login', 'https'],
    ['twisted', 'socks4+tls'],
    ['microsocks', 'socks5h']
  ],
  [
    ['twisted', 'socks4a+tls'],
    ['microsocks', 'socks5+tls'],
    ['tinyproxy with a login', 'https']
  ],
  [
    ['microsocks with a login', 'socks5'],
    ['tinyproxy with a login', 'http'],
    ['twisted', 'socks4'],
    ['squid', 'https']
  ]
]

function serversOf(routes: readonly Route[]): Route['servers'] {
  return [...new Set(routes.flatMap(({ servers }) => servers))]
}

/** All proxies of a chain, in their order. */
const proxiesOf = (routes: readonly Route[]): Promise<ProxyOptions[]> => Promise.all(routes.map(proxyOf))

async function open(
  t: ExecutionContext,
  proxy: readonly (ProxyOptions | string)[],
  port: number,
  options: ConnectOptions & { host?: string } = {}
): Promise<TcpClient> {
  const { host = HIDDEN, ...more } = options
  const client = await within(connect({ host, port }, { timeout, proxy, ...more }))
  t.teardown(() => client.destroy())
  return client
}

for (const hops of CHAINS) {
  const routes = hops.map((hop) => routeBy(...hop))
  const chain = routes.map(({ protocol }) => protocol).join(' → ')

  needing(serversOf(routes), `${chain}: a plain target, and one over TLS`, async (t) => {
    const proxies = await proxiesOf(routes)
    const plain = await open(t, proxies, await greeter(t))
    t.deepEqual([plain.remoteAddress, plain.remotePort], [proxies[0]?.host, proxies[0]?.port])
    t.deepEqual([plain.encrypted, plain.tls], [false, null])
    await meet(t, plain)
    const port = await greeter(t, { tls: true })
    const client = await open(t, proxies, port, { tls: trusting() })
    isSecured(t, client)
    await meet(t, client)
    const other = open(t, proxies, port, { tls: trusting({ servername: 'other.test' }) })
    await fails(t, other, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls', proxy: undefined })
  })

  needing(serversOf(routes), `${chain}: startTls behind a greeting`, async (t) => {
    const client = await open(t, await proxiesOf(routes), await upgrader(t))
    await upgrade(t, client, trusting())
    isSecured(t, client)
    await meet(t, client)
  })

  needing(serversOf(routes), `${chain}: megabytes go both ways, plain and over TLS`, async (t) => {
    const proxies = await proxiesOf(routes)
    await exchange(t, await open(t, proxies, await store(t)))
    await exchange(t, await open(t, proxies, await store(t, { tls: true }), { tls: trusting() }))
  })

  needing(serversOf(routes), `${chain}: many connections at once`, async (t) => {
    const proxies = await proxiesOf(routes)
    const port = await greeter(t, { tls: true })
    const one = async (): Promise<void> => meet(t, await open(t, proxies, port, { tls: trusting() }))
    await Promise.all(Array.from({ length: 20 }, one))
  })

  needing(serversOf(routes), `${chain}: a target that refuses does so at the last one`, async (t) => {
    const proxies = await proxiesOf(routes)
    const dialling = open(t, proxies, NOBODY.port, { host: NOBODY.host })
    const error = await fails(t, dialling, { code: 'ERR_PROXY_REFUSED', phase: 'proxy' })
    const last = proxies.at(-1) as ProxyOptions
    const url = `${last.protocol}://${last.host}:${last.port}`
    t.deepEqual(error.proxy, { url, hop: hops.length - 1, ...routes.at(-1)?.refusal })
  })

  needing(serversOf(routes), `${chain}: of a proxy that is not there the one before it tells`, async (t) => {
    for (const [at, { refusal }] of routes.slice(0, -1).entries()) {
      const proxies = await proxiesOf(routes)
      Object.assign(proxies[at + 1] as ProxyOptions, NOBODY)
      const error = await fails(t, open(t, proxies, 9), { code: 'ERR_PROXY_REFUSED', phase: 'proxy' })
      const { protocol, host, port } = proxies[at] as ProxyOptions
      t.deepEqual(error.proxy, { url: `${protocol}://${host}:${port}`, hop: at, ...refusal })
    }
  })
}

const plain = [routeBy('tinyproxy', 'http'), routeBy('microsocks with a login', 'socks5'), routeBy('squid', 'http')]

needing(serversOf(plain), 'a chain of URLs, and a target of IPv6 at its end', async (t) => {
  const host = '::1'
  const urls = (await proxiesOf(plain)).map(urlOf)
  await meet(t, await open(t, urls, await greeter(t, { host }), { host }))
  const client = await open(t, urls, await greeter(t, { host, tls: true }), { host, tls: trusting() })
  isSecured(t, client)
  await meet(t, client)
})

const guarded = [routeBy('tinyproxy', 'http'), routeBy('microsocks with a login', 'socks5h+tls')]

needing(serversOf(guarded), 'a login that the second proxy does not accept', async (t) => {
  const [first, second] = guarded as [Route, Route]
  const place = await launch(t, second)
  const url = `socks5h+tls://${place.host}:${place.port}`
  for (const [login, reply] of [
    [{ ...second.login, password: 'a guess' }, 2],
    [{}, 255]
  ] as const) {
    const proxies = [await proxyOf(first), optionOf(second, place, login)]
    const error = await fails(t, open(t, proxies, 9), { code: 'ERR_PROXY_AUTH', phase: 'proxy' })
    t.deepEqual(error.proxy, { url, hop: 1, reply })
  }
})

needing(serversOf(guarded), 'a second proxy whose certificate is not trusted', async (t) => {
  const [first, second] = (await proxiesOf(guarded)) as [ProxyOptions, ProxyOptions]
  const proxies = [first, { ...second, tls: {} }]
  const error = await fails(t, open(t, proxies, 9), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', phase: 'proxy' })
  t.deepEqual(error.proxy, { url: `socks5h+tls://${second.host}:${second.port}`, hop: 1 })
})
