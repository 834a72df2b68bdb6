// Connections through one proxy that others wrote, by each of its protocols, plain and over TLS: they are as good as any other, and
// what the proxy denies is told in its own numbers. Knows nothing of chains.

import test, { type ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type TcpClient } from 'tcpull'
import { trusting } from './helpers/dialling'
import { fails, within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import { bytesAt } from './helpers/positions'
import { HIDDEN, type Login } from './helpers/real-proxies'
import { needing } from './helpers/real-tests'
import { asked, launch, optionOf, proxyOf, type Route, routeBy, routes, urlOf } from './helpers/routes'
import { exchange, greeter, isSecured, meet, NOBODY, store, upgrade, upgrader } from './helpers/targets'

/** Many tests run at once, and servers start meanwhile: nothing here may depend on the time. */
const timeout = 0

/** What a target is known as to the one who looks its name up. */
const nameOf = ({ takesNames }: Route): string => (takesNames ? HIDDEN : 'name.test')

async function open(
  t: ExecutionContext,
  route: Route,
  port: number,
  options: ConnectOptions & { host?: string } = {}
): Promise<TcpClient> {
  const { host = nameOf(route), ...more } = options
  const { names, lookup } = asked()
  const proxy = await proxyOf(route)
  const client = await within(connect({ host, port }, { lookup, timeout, proxy, ...more }))
  t.teardown(() => client.destroy())
  // Of what has addresses only the target's name is to be looked up here, if it is.
  t.deepEqual(names, route.takesNames || host === '::1' ? [] : [host])
  t.deepEqual([client.remoteAddress, client.remotePort], [proxy.host, proxy.port])
  return client
}

/** A test of every route for which this is so. */
function each(
  title: string,
  run: (t: ExecutionContext, route: Route) => Promise<void>,
  which: (route: Route) => boolean = () => true
): void {
  for (const route of routes.filter(which)) {
    needing(route.servers, `through ${route.protocol}: ${title}`, (t) => run(t, route))
  }
}

each('a target that speaks first', async (t, route) => {
  const client = await open(t, route, await greeter(t))
  t.deepEqual([client.encrypted, client.tls], [false, null])
  await meet(t, client)
})

each(
  'a name that Node cannot look up',
  async (t, route) => {
    const own = await fails(t, connect({ host: HIDDEN, port: 9 }, { timeout }), { phase: 'lookup' })
    t.is(own.proxy, undefined)
    await meet(t, await open(t, route, await greeter(t), { lookup: undefined }))
  },
  ({ takesNames }) => takesNames
)

each('a long greeting comes whole, and the end behind it', async (t, route) => {
  const greeting = bytesAt(0, 300_000)
  const server = await listen(t, (socket) => socket.end(greeting))
  const client = await open(t, route, portOf(server))
  t.true((await within(client.readAll())).equals(greeting))
  await within(client.close())
})

each('a target over TLS, whose name is checked', async (t, route) => {
  const port = await greeter(t, { tls: true })
  const client = await open(t, route, port, { tls: trusting() })
  isSecured(t, client)
  await meet(t, client)
  const other = open(t, route, port, { tls: trusting({ servername: 'other.test' }) })
  await fails(t, other, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls', proxy: undefined })
})

each('a target that comes to TLS by startTls, behind its greeting', async (t, route) => {
  const client = await open(t, route, await upgrader(t))
  await upgrade(t, client, trusting())
  isSecured(t, client)
  await meet(t, client)
})

each('megabytes go both ways', async (t, route) => {
  await exchange(t, await open(t, route, await store(t)))
})

each('megabytes go both ways over TLS', async (t, route) => {
  await exchange(t, await open(t, route, await store(t, { tls: true }), { tls: trusting() }))
})

each(
  'a target of IPv6',
  async (t, route) => {
    const host = '::1'
    await meet(t, await open(t, route, await greeter(t, { host }), { host }))
    const client = await open(t, route, await greeter(t, { host, tls: true }), { host, tls: trusting() })
    isSecured(t, client)
    await meet(t, client)
  },
  ({ ipv6 }) => ipv6
)

each('a target that refuses', async (t, route) => {
  const proxy = await proxyOf(route)
  const url = `${route.protocol}://${proxy.host}:${proxy.port}`
  const dialling = connect(NOBODY, { timeout, proxy })
  const error = await fails(t, dialling, { code: 'ERR_PROXY_REFUSED', phase: 'proxy' })
  t.deepEqual(error.proxy, { url, hop: 0, ...route.refusal })
})

each(
  'a name that nobody knows',
  async (t, route) => {
    const { names, lookup } = asked()
    const dialling = connect({ host: 'nowhere.test', port: 9 }, { lookup, timeout, proxy: await proxyOf(route) })
    const error = await fails(t, dialling, { code: 'ERR_PROXY_REFUSED', phase: 'proxy' })
    t.is(error.proxy?.hop, 0)
    t.deepEqual(names, [])
  },
  ({ takesNames }) => takesNames
)

each(
  'a login from a URL',
  async (t, route) => {
    await meet(t, await open(t, route, await greeter(t), { proxy: urlOf(await proxyOf(route)) }))
  },
  // A URL has no place for what a proxy over TLS is trusted by.
  ({ login, secure }) => login !== undefined && !secure
)

each(
  'a login that is wrong or missing',
  async (t, route) => {
    const { login, denial } = route as Required<Route>
    let connections = 0
    const server = await listen(t, (socket) => {
      connections++
      socket.destroy()
    })
    const place = await launch(t, route)
    const url = `${route.protocol}://${place.host}:${place.port}`
    const target = { host: '127.0.0.1', port: portOf(server) }
    const cases: [Partial<Login>, number][] = [
      [{ ...login, password: 'a guess' }, denial.wrong],
      [{ ...login, username: 'somebody' }, denial.wrong],
      [{ ...login, password: login.password.slice(1) }, denial.wrong],
      [{}, denial.none]
    ]
    for (const [given, reply] of cases) {
      const dialling = connect(target, { timeout, proxy: optionOf(route, place, given) })
      const error = await fails(t, dialling, { code: 'ERR_PROXY_AUTH', phase: 'proxy' })
      t.deepEqual(error.proxy, { url, hop: 0, reply })
      t.false(`${error.stack} ${JSON.stringify(error)}`.includes(given.password ?? login.password))
    }
    t.is(connections, 0)
    const client = await connect(target, { timeout, proxy: optionOf(route, place, login) })
    t.is((await within(client.readAll())).length, 0)
    t.is(connections, 1)
    await within(client.close())
  },
  ({ login }) => login !== undefined
)

for (const [server, protocol] of [
  ['tinyproxy with a login', 'https'],
  ['microsocks with a login', 'socks5h+tls'],
  ['twisted', 'socks4a+tls']
] as const) {
  const route = routeBy(server, protocol)
  needing(
    route.servers,
    `through ${protocol}: a proxy whose certificate is not trusted is not spoken to`,
    async (t) => {
      const proxy = { ...(await proxyOf(route)), tls: {} }
      const error = await fails(t, connect(NOBODY, { timeout, proxy }), {
        code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        phase: 'proxy'
      })
      t.is(error.proxy?.hop, 0)
      // What it would have said, had it been asked.
      t.is(error.proxy?.reply, undefined)
    }
  )
}

test('a real proxy is there for every protocol', (t) => {
  t.is(new Set(routes.map(({ protocol }) => protocol)).size, 10)
})
