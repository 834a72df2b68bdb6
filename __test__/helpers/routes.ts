// The routes through real proxies: which there are, and what a client has to be told to take one. Knows no targets.

import type { ExecutionContext } from 'ava'
import type { LookupFunction, ProxyOptions, ProxyProtocol } from 'tcpull'
import { trusting } from './dialling'
import { type Login, type ProxyName, type RealProxy, realProxies } from './real-proxies'
import { FRONT, sharedFront, sharedServer } from './real-tests'
import { type Place, type ServerName, start } from './servers'

export interface Route extends RealProxy {
  server: ProxyName
  protocol: ProxyProtocol
  /** TLS to the proxy */
  secure: boolean
  /** The proxy looks the name of the next up */
  takesNames: boolean
  /** All that it needs */
  servers: ServerName[]
}

/** Through a proxy by one of its protocols, by default over TLS to it where that is so in the protocol's name. */
export function routeBy(server: ProxyName, protocol: ProxyProtocol): Route {
  const secure = protocol === 'https' || protocol.endsWith('+tls')
  const takesNames = !/^socks[45](\+|$)/.test(protocol)
  return { ...realProxies[server], server, protocol, secure, takesNames, servers: secure ? [server, FRONT] : [server] }
}

/** Through each of the proxies, by each of its protocols, plain and over TLS. */
export const routes: Route[] = (Object.keys(realProxies) as ProxyName[]).flatMap((server) =>
  realProxies[server].protocols.flatMap((protocol) => {
    const overTls = protocol === 'http' ? 'https' : (`${protocol}+tls` as ProxyProtocol)
    return [routeBy(server, protocol), routeBy(server, overTls)]
  })
)

/** The proxy of a route, which the tests of a file share, as an option. */
export async function proxyOf(route: Route): Promise<ProxyOptions> {
  return optionOf(route, await (route.secure ? sharedFront : sharedServer)(route.server), route.login)
}

/** A proxy for one test alone: some judge one login by another one that comes at the same time. */
export async function launch(t: ExecutionContext, route: Route): Promise<Place> {
  const server = await start(route.server)
  t.teardown(server.stop)
  if (!route.secure) return server
  const front = await start(FRONT, [], undefined, server)
  t.teardown(front.stop)
  return front
}

/** The proxy at a place, as an option. */
export function optionOf(route: Route, { host, port }: Place, login: Partial<Login> = {}): ProxyOptions {
  return { protocol: route.protocol, host, port, ...login, ...(route.secure && { tls: trusting() }) }
}

/** All of it in a URL; TLS to the proxy has options, which no URL can hold. */
export function urlOf({ protocol, host, port, username, password = '' }: ProxyOptions): string {
  const login = username === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`
  return `${protocol}://${login}${host}:${port}`
}

/** What a lookup was asked for. */
export interface Asked {
  names: string[]
  lookup: LookupFunction
}

/** A lookup that knows every name as this machine. */
export function asked(): Asked {
  const names: string[] = []
  const lookup: LookupFunction = (name, _options, callback) => {
    names.push(name)
    callback(null, '127.0.0.1', 4)
  }
  return { names, lookup }
}
