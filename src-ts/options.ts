// The options of the calls: their types, checks and defaults. Knows no I/O.

import { isIP } from 'node:net'
import { native } from './native'
import type { ProxySetting } from './proxy'
import type { TlsOptions } from './tls'
import * as check from './validate'

/** `'host:port'`, `'[::1]:port'`, `'tcp://host:port'`, `'tls://host:port'` (TLS on), or host and port apart. */
export type Address = string | { host: string; port: number }

/** Node's `dns.lookup` in its callback form. */
export type LookupFunction = (
  hostname: string,
  options: { all: true; family: 0 | 4 | 6; hints?: number; verbatim?: boolean },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[] | string, family?: number) => void
) => void

/** One address of a look-up, as `dns.lookup` gives it. */
export interface LookupAddress {
  address: string
  family: number
}

/** Options of every call that may wait. */
export interface WaitOptions {
  /** Milliseconds until it fails with `ETIMEDOUT`; 0 or `Infinity` means none. Default: the connection's `readTimeout` or `writeTimeout` */
  timeout?: number | undefined
  /** Fails it with an `AbortError`; nothing is lost by that */
  signal?: AbortSignal | undefined
}

/** Options of {@link connect}. */
export interface ConnectOptions extends WaitOptions {
  /** Milliseconds for the whole dial. Default 30 000; 0 means none */
  timeout?: number | undefined
  /** `true`, or its options: TLS over the connection. Default: none, but with an address of `tls://` */
  tls?: boolean | TlsOptions | undefined
  /**
   * A proxy, or several in their order: URLs as `'socks5h://user:password@host:1080'`, objects, or `'env'` for what `ALL_PROXY`,
   * `HTTPS_PROXY` and `NO_PROXY` say. Default: none; the environment is not asked unless told
   */
  proxy?: ProxySetting | undefined
  /** 4 or 6 for that kind of address alone. Default 0: both */
  family?: 0 | 4 | 6 | undefined
  /** The local IP address to connect from. Default: the system's choice */
  localAddress?: string | undefined
  /** The local port to connect from. Default 0: the system's choice */
  localPort?: number | undefined
  /** Milliseconds before the next address is tried beside those under way (RFC 8305 section 5). Default 250 */
  attemptDelay?: number | undefined
  /** `TCP_NODELAY`. Default `true` */
  noDelay?: boolean | undefined
  /** `SO_KEEPALIVE`. Default `false` */
  keepAlive?: boolean | undefined
  /** Milliseconds of silence before the first keep-alive probe. Default 0: the system's */
  keepAliveInitialDelay?: number | undefined
  /**
   * Milliseconds that sent data may stay unacknowledged before the system gives up (`TCP_USER_TIMEOUT`).
   * Linux only: elsewhere the dial fails with `ENOTSUP`. Default 0: the system's
   */
  userTimeout?: number | undefined
  /** Default `timeout` of every read, in milliseconds. Default 0: none */
  readTimeout?: number | undefined
  /** Default `timeout` of every write, `end` and `close`, in milliseconds. Default 0: none */
  writeTimeout?: number | undefined
  /** The most bytes that one token, line or frame may pile up. Default 16 MiB */
  maxBuffer?: number | undefined
  /** Replaces the system's resolver; not called for IP addresses */
  lookup?: LookupFunction | undefined
}

/** {@link ConnectOptions} checked, with all defaults. */
export interface Settings {
  timeout: number
  signal: AbortSignal | undefined
  tls: unknown
  proxy: unknown
  family: 0 | 4 | 6
  localAddress: string | undefined
  localPort: number
  attemptDelay: number
  noDelay: boolean
  keepAlive: boolean
  keepAliveInitialDelay: number
  userTimeout: number
  readTimeout: number
  writeTimeout: number
  maxBuffer: number
  lookup: LookupFunction | undefined
}

/** Milliseconds that a dial, or a TLS handshake by itself, may take. */
export const DEFAULT_TIMEOUT = 30_000
const DEFAULT_ATTEMPT_DELAY = 250
const DEFAULT_MAX_BUFFER = 16 * 1024 * 1024

export function settings(given: ConnectOptions | undefined): Settings {
  const options = check.options(given)
  const { log } = options as { log?: unknown }
  if (log !== undefined && log !== false) {
    throw check.invalid('ERR_INVALID_ARG_VALUE', 'options.log is not supported by this version of tcpull')
  }
  const millis = (name: keyof ConnectOptions, fallback: number): number =>
    options[name] === undefined ? fallback : check.milliseconds(options[name], `options.${name}`)
  const flag = (name: keyof ConnectOptions, fallback: boolean): boolean =>
    options[name] === undefined ? fallback : check.flag(options[name], `options.${name}`)
  return {
    timeout: millis('timeout', DEFAULT_TIMEOUT),
    signal: options.signal === undefined ? undefined : check.signal(options.signal, 'options.signal'),
    tls: options.tls,
    proxy: options.proxy,
    family: family(options.family),
    localAddress: localAddress(options.localAddress, options.family),
    localPort: options.localPort === undefined ? 0 : check.port(options.localPort, 'options.localPort', 0),
    attemptDelay: millis('attemptDelay', DEFAULT_ATTEMPT_DELAY),
    noDelay: flag('noDelay', true),
    keepAlive: flag('keepAlive', false),
    keepAliveInitialDelay: millis('keepAliveInitialDelay', 0),
    userTimeout: millis('userTimeout', 0),
    readTimeout: millis('readTimeout', 0),
    writeTimeout: millis('writeTimeout', 0),
    maxBuffer:
      options.maxBuffer === undefined ? DEFAULT_MAX_BUFFER : check.size(options.maxBuffer, 'options.maxBuffer'),
    lookup: lookup(options.lookup)
  }
}

function family(value: unknown): 0 | 4 | 6 {
  if (value === undefined || value === 0) return 0
  if (value === 4 || value === 6) return value
  throw check.invalid('ERR_INVALID_ARG_VALUE', `options.family must be 0, 4 or 6; got ${check.show(value)}`)
}

function localAddress(value: unknown, wanted: unknown): string | undefined {
  if (value === undefined) return undefined
  const kind = typeof value === 'string' && !value.includes('%') ? isIP(value) : 0
  if (kind === 0) {
    throw check.invalid('ERR_INVALID_ARG_VALUE', `options.localAddress must be an IP address; got ${check.show(value)}`)
  }
  if ((wanted === 4 || wanted === 6) && wanted !== kind) {
    throw check.invalid(
      'ERR_INVALID_ARG_VALUE',
      `options.localAddress must be of family ${wanted}; got ${check.show(value)}`
    )
  }
  return value as string
}

function lookup(value: unknown): LookupFunction | undefined {
  if (value === undefined || typeof value === 'function') return value as LookupFunction | undefined
  throw check.invalid('ERR_INVALID_ARG_TYPE', `options.lookup must be a function; got ${check.show(value)}`)
}

/** An address that was understood. */
export interface Target {
  /** In ASCII, after IDNA (RFC 5891); an IPv6 address without brackets */
  host: string
  port: number
  /** `tls://` was written */
  tls: boolean
}

/** Reads an {@link Address}. */
export function target(address: unknown): Target {
  if (typeof address === 'string') {
    const parsed = understand(() => native.parseAddress(address), address)
    return { host: parsed.host, port: parsed.port, tls: parsed.tls }
  }
  if (typeof address !== 'object' || address === null) {
    const message = `address must be 'host:port' or { host, port }; got ${check.show(address)}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  }
  const { host, port } = address as { host: unknown; port: unknown }
  if (typeof host !== 'string') {
    throw check.invalid('ERR_INVALID_ARG_VALUE', `address.host must be a string; got ${check.show(host)}`)
  }
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    const message = `address.port must be a whole number from 1 to 65535; got ${check.show(port)}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  }
  return { host: understand(() => native.parseHost(host), host), port, tls: false }
}

function understand<T>(parse: () => T, value: string): T {
  try {
    return parse()
  } catch (error) {
    // What stands before an '@' may be a password.
    const shown = value.includes('@') ? '' : ` ${check.show(value)}`
    const message = `address${shown}: ${(error as Error).message}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  }
}
