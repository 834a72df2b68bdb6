// The proxies on the way: their notations, the environment's too, checked. Knows no sockets and no messages.

import { BlockList, isIP } from 'node:net'
import { native } from './native'
import { planTls, type TlsOptions } from './tls'
import * as check from './validate'

/** How a proxy is spoken to; with `+tls`, and for `https`, over TLS. */
export type ProxyProtocol =
  | 'http'
  | 'https'
  | 'socks4'
  | 'socks4a'
  | 'socks5'
  | 'socks5h'
  | 'socks4+tls'
  | 'socks4a+tls'
  | 'socks5+tls'
  | 'socks5h+tls'

/** A proxy by its parts, as an alternative to its URL. */
export interface ProxyOptions {
  protocol: ProxyProtocol
  host: string
  /** Default: 1080 for SOCKS, 80 for `http`, 443 for `https` */
  port?: number | undefined
  username?: string | undefined
  password?: string | undefined
  /** Options of TLS to the proxy, for protocols that have it */
  tls?: TlsOptions | undefined
}

/**
 * A proxy, or several in their order, the first one nearest: `'socks5h://user:password@host:1080'`, an object, or `'env'` for what
 * `ALL_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say. `socks4a`, `socks5h`, `http` and `https` look names up at the proxy, `socks4` and
 * `socks5` here.
 */
export type ProxySetting = string | ProxyOptions | readonly (string | ProxyOptions)[]

/** Somebody on the way: a proxy, or the target at its end. */
export interface Hop {
  host: string
  port: number
  /** Whether its name is looked up here, and not by the proxy before it */
  looksUp: boolean
  /** What native code takes for asking a proxy for the next one; nothing of the target */
  ask: object | undefined
  /** The proxy that this one's name is looked up for, by its URL and number: itself, or the one before the target */
  for: { url: string; hop: number } | undefined
  /** How many proxies are on the way */
  proxies: number
}

interface Understood {
  scheme: ProxyProtocol
  kind: 'http' | 'socks4' | 'socks4a' | 'socks5' | 'socks5h'
  host: string
  port: number
  username: string | undefined
  password: string | undefined
  tls: object | undefined
}

/** The most proxies one after the other. */
const MOST = 16

/** How many of them may be spoken to over TLS: each wraps all that goes through it once more. */
const MOST_TLS = 4

/** Whom a connection to `target` leads over: the proxies, and the target itself. */
export function way(given: unknown, target: { host: string; port: number; tls: boolean }): Hop[] {
  const found = proxies(given, target)
  const places = [...found, target]
  return places.map(({ host, port }, index) => {
    const before = found[index - 1]
    const looksUp = before === undefined || before.kind === 'socks4' || before.kind === 'socks5'
    const next = places[index + 1]
    // As native code has it: what fails while a proxy is passed is that proxy's.
    const hop = Math.max(index - 1, 0)
    const proxy = found[hop]
    const at = proxy && {
      url: `${proxy.scheme}://${isIP(proxy.host) === 6 ? `[${proxy.host}]` : proxy.host}:${proxy.port}`,
      hop
    }
    return { host, port, looksUp, ask: next && asked(found[index] as Understood, next), for: at, proxies: found.length }
  })
}

function asked({ kind, username, password, tls }: Understood, next: { host: string; port: number }): object {
  try {
    return native.planHop(kind, username ?? null, password ?? null, tls ?? null, next.host, next.port)
  } catch (error) {
    throw wrong(`cannot be asked for that: ${(error as Error).message}`)
  }
}

function proxies(given: unknown, target: { host: string; port: number; tls: boolean }): Understood[] {
  if (given === undefined || given === false) return []
  if (given === 'env') {
    const named = fromEnvironment(target)
    return named === undefined ? [] : [hop(named)]
  }
  // A list may have holes, which `map` would pass over.
  const items: readonly unknown[] = Array.isArray(given) ? Array.from(given) : [given]
  const hops = items.map(hop)
  if (hops.length > MOST || hops.filter(({ tls }) => tls !== undefined).length > MOST_TLS) {
    const message = `options.proxy takes at most ${MOST} proxies, ${MOST_TLS} of them over TLS; got ${hops.length}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  }
  if (hops.length === 0 && Array.isArray(given)) throw wrong('must not be an empty list')
  return hops
}

function hop(given: unknown): Understood {
  if (typeof given === 'string') return understood(ofUrl(given))
  if (typeof given === 'object' && given !== null) return understood(given as ProxyOptions)
  throw check.invalid(
    'ERR_INVALID_ARG_TYPE',
    `options.proxy must be a URL, an object or a list; got ${check.show(given)}`
  )
}

function understood({ protocol, host, port, username, password, tls }: ProxyOptions): Understood {
  const match = /^(?:(https?)|(socks(?:4a?|5h?))(\+tls)?)$/.exec(typeof protocol === 'string' ? protocol : '')
  if (match === null) throw wrong('has an unknown protocol')
  const [, web, socks, wrapped] = match
  const kind = (socks ?? 'http') as Understood['kind']
  const isSecure = web === 'https' || wrapped !== undefined
  if (!isSecure && tls !== undefined) throw wrong(`has options of TLS, which ${protocol} has none of`)
  if (typeof host !== 'string') throw wrong('must have a host')
  const place = { host: hostOf(host), port: port === undefined ? defaultPort(protocol) : portOf(port) }
  login(username, password)
  return {
    scheme: protocol,
    kind,
    ...place,
    username,
    password,
    tls: isSecure ? secured(tls, place) : undefined
  }
}

function defaultPort(protocol: ProxyProtocol): number {
  return protocol === 'http' ? 80 : protocol === 'https' ? 443 : 1080
}

/** What is wrong with a part is not shown: it may be the password that slipped into it. */
function hostOf(host: string): string {
  try {
    return native.parseHost(host)
  } catch {
    throw wrong('has a host that is neither a name nor an IP address')
  }
}

function portOf(port: unknown): number {
  if (typeof port === 'number') return check.port(port, 'options.proxy.port')
  throw wrong('must have a number for its port')
}

/** Options of TLS to a proxy, whose errors name them so. */
function secured(tls: unknown, place: { host: string; port: number }): object | undefined {
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) throw wrong('must have an object for its tls')
  try {
    return planTls(tls ?? true, place)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw check.invalid(code as 'ERR_INVALID_ARG_VALUE', message.replaceAll('options.tls', 'options.proxy.tls'))
  }
}

/** Their types; what a protocol can carry of them native code checks, before any packet, and never shows. */
function login(username: unknown, password: unknown): void {
  for (const [name, value] of Object.entries({ username, password })) {
    if (value === undefined) continue
    if (typeof value !== 'string') throw wrong(`must have a string for its ${name}`)
    // It would become another character on its way.
    if (/\p{Surrogate}/u.test(value)) throw wrong(`has a ${name} with half a character`)
  }
}

function wrong(what: string): Error {
  return check.invalid('ERR_INVALID_ARG_VALUE', `options.proxy ${what}`)
}

/** No message may show the URL: it may hold a password, whatever is wrong with it. */
function ofUrl(text: string): ProxyOptions {
  // Not Node's URL: it drops tabs and line ends without a word, and takes what is no proxy's.
  const match = /^([a-z0-9+]+):\/\/(?:([^/?#]*)@)?([^@/?#]+)\/?$/i.exec(/[\0-\x20\x7f]/.test(text) ? '' : text)
  if (match === null) throw wrong('must be a URL of scheme, login, host and port, as socks5h://user:password@host:1080')
  const [, scheme = '', credentials, place = ''] = match
  const [host, port] = split(place)
  return {
    protocol: scheme.toLowerCase() as ProxyProtocol,
    host,
    ...(port !== undefined && { port }),
    ...(credentials !== undefined && loginOf(credentials))
  }
}

function split(place: string): [host: string, port: number | undefined] {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(place)
  if (match === null) throw wrong('must name its host and port as host:port, or [::1]:port')
  const [, host = '', port] = match
  return [host, port === undefined ? undefined : Number(port)]
}

/** A user alone is one, as SOCKS4 has it; with a colon there is a password, be it empty. */
function loginOf(credentials: string): Pick<ProxyOptions, 'username' | 'password'> {
  const colon = credentials.indexOf(':')
  try {
    const username = decodeURIComponent(colon < 0 ? credentials : credentials.slice(0, colon))
    return colon < 0 ? { username } : { username, password: decodeURIComponent(credentials.slice(colon + 1)) }
  } catch {
    throw wrong('has a login with a wrong percent escape')
  }
}

/** What the environment names for a target, under curl's names, lower case first. */
function fromEnvironment({ host, port, tls }: { host: string; port: number; tls: boolean }): string | undefined {
  if (isExcepted(host, port, variable('no_proxy') ?? '')) return undefined
  const named = (tls ? variable('https_proxy') : undefined) ?? variable('all_proxy')
  // Without a scheme it is an HTTP proxy, as curl has it.
  return named === undefined || named.includes('://') ? named : `http://${named}`
}

function variable(name: string): string | undefined {
  return process.env[name] || process.env[name.toUpperCase()] || undefined
}

/** Names with all that end in them, addresses, networks, each perhaps with a port; `*` is everything. */
function isExcepted(host: string, port: number, list: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => matches(name, port, entry.toLowerCase()))
}

function matches(host: string, port: number, entry: string): boolean {
  if (entry === '*') return true
  const [, bracketed, plain, wanted] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [
    undefined,
    undefined,
    entry
  ]
  if (wanted !== undefined && Number(wanted) !== port) return false
  const pattern = (bracketed ?? plain ?? '').replace(/^\*?\./, '').replace(/\.$/, '')
  const kind = isIP(host)
  if (kind === 0) return pattern !== '' && (host === pattern || host.endsWith(`.${pattern}`))
  const [, network = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(pattern) ?? []
  // An entry that is wrong excepts nothing.
  if (isIP(network) !== kind || Number(bits ?? 0) > (kind === 6 ? 128 : 32)) return false
  const blocks = new BlockList()
  const family = kind === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) blocks.addAddress(network, family)
  else blocks.addSubnet(network, Number(bits), family)
  return blocks.check(host, family)
}
