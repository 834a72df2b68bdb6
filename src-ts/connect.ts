// From an address to a client: look-up by the caller if wanted, the native dial, its deadline and signal. Knows no reads or writes.

import { isIP } from 'node:net'
import { onAbort } from './aborts'
import { makeClient, type TcpClient } from './client'
import { codec, isBinary } from './codecs'
import { Failure } from './errors'
import { Link } from './link'
import { environment, release, reserve, wait } from './mailbox'
import { native } from './native'
import type { Address, ConnectOptions, LookupAddress, Settings, Target } from './options'
import { settings as checked, target as understood } from './options'
import { networkIsDenied } from './permission'
import { type Hop, way } from './proxy'
import type { ReadLineOptions } from './reader'
import { planTls } from './tls'
import * as check from './validate'

/**
 * Connects. Rejects with a `TcpError` of phase `lookup`, `connect` or `tls` that lists every address tried, or with a `TypeError` or
 * `RangeError` for an address or an option that breaks a rule, before any I/O.
 */
export async function connect(address: Address, options?: ConnectOptions): Promise<TcpClient> {
  const target = understood(address)
  const settings = checked(options)
  const tls = planned(target, settings)
  const hops = way(settings.proxy, { ...target, tls: tls !== undefined })
  if (settings.signal?.aborted) throw failed(Failure.aborted(settings.signal, 'connect'), target)
  if (networkIsDenied(process)) throw failed(DENIED, target)
  const started = performance.now()
  const addresses = await lookUpAll(hops, target, settings)
  const elapsed = addresses.every((list) => list === undefined) ? 0 : performance.now() - started
  const timeout = settings.timeout === 0 ? 0 : Math.max(settings.timeout - elapsed, 1)
  const outcome = await dial(hops, settings, timeout, addresses, tls)
  if (outcome instanceof Failure) throw failed(outcome, target)
  const [token, holder] = outcome
  const link = new Link(token, holder, target.host, target.port)
  link.encrypted = tls !== undefined
  return makeClient(link, settings)
}

/** What native code takes for TLS; nothing where the connection is to be plain. */
function planned(target: Target, settings: Settings): object | undefined {
  if (!target.tls) return planTls(settings.tls, target)
  if (settings.tls !== false) return planTls(settings.tls === undefined ? true : settings.tls, target)
  throw check.invalid('ERR_INVALID_ARG_VALUE', 'options.tls must not be false with an address of tls://')
}

const DENIED = new Failure(
  "connect ERR_ACCESS_DENIED: Node's permission model denies the network here; --allow-net allows it",
  { code: 'ERR_ACCESS_DENIED', phase: 'connect', syscall: 'connect' }
)

/** Options of {@link processRequest}. */
export interface ProcessRequestOptions extends ConnectOptions, Pick<ReadLineOptions, 'encoding' | 'fatal'> {
  /** What ends the answer, kept at its end. Default `'\n'` */
  marker?: string | undefined
}

/**
 * Connects, writes `data`, reads up to `'\n'` and closes: one exchange with a server. Resolves a `Buffer`, or a string when
 * `encoding` is given. The end of the stream ends the answer too.
 *
 * `timeout` and `signal` are for all of it.
 */
export function processRequest(
  address: Address,
  data: string | Uint8Array,
  options: ProcessRequestOptions & { encoding: string }
): Promise<string>
export function processRequest(
  address: Address,
  data: string | Uint8Array,
  options?: ProcessRequestOptions
): Promise<Buffer>
export async function processRequest(
  address: Address,
  data: string | Uint8Array,
  given?: ProcessRequestOptions
): Promise<Buffer | string> {
  const content = check.data(data, 'data')
  const options = check.options(given)
  const { timeout, signal, readTimeout, writeTimeout } = checked(options)
  const { encoding, marker = '\n', fatal } = options
  const isText = encoding !== undefined && !isBinary(check.text(encoding, 'options.encoding'))
  if (isText) codec({ encoding, marker, fatal, keepMarker: true })
  else check.markers(marker, 'options.marker')
  const started = performance.now()
  const left = (own: number): number => {
    if (timeout === 0) return own
    const rest = Math.max(timeout - (performance.now() - started), 1)
    return own === 0 ? rest : Math.min(rest, own)
  }
  const client = await connect(address, options)
  try {
    await client.write(content, { timeout: left(writeTimeout), signal })
    if (isText) {
      const line = await client.readLine({
        encoding,
        marker,
        fatal,
        keepMarker: true,
        timeout: left(readTimeout),
        signal
      })
      return line ?? ''
    }
    const { data: answer, reason } = await client.receive({ marker, timeout: left(readTimeout), signal })
    if (reason === 'timeout') {
      const failure = new Failure('the answer timed out', { code: 'ETIMEDOUT', phase: 'read' }, 'TimeoutError')
      throw failed(failure, understood(address))
    }
    if (reason === 'size') {
      const failure = new Failure(`no marker within ${answer.length} bytes`, { code: 'ERR_LIMIT', phase: 'read' })
      throw failed(failure, understood(address))
    }
    return encoding === undefined ? answer : answer.toString(encoding as BufferEncoding)
  } finally {
    // The answer, or the error that ended the exchange, is what counts; the farewell may fail.
    await client.close({ timeout: left(writeTimeout) }).catch(() => {})
  }
}

function failed(failure: Failure, { host, port }: Target): Error {
  return failure.toError({ address: host, port })
}

function dial(
  hops: readonly Hop[],
  settings: Settings,
  timeout: number,
  addresses: readonly (string[] | undefined)[],
  tls: object | undefined
): Promise<[number, unknown] | Failure> {
  const { signal } = settings
  if (signal?.aborted) return Promise.resolve(Failure.aborted(signal, 'connect'))
  const { family, localAddress, localPort, attemptDelay, noDelay, keepAlive, keepAliveInitialDelay, userTimeout } =
    settings
  const op = reserve()
  const [{ host, port }] = hops as [Hop]
  const looked = (index: number): { addresses?: string[] } => {
    const list = addresses[index]
    return list === undefined ? {} : { addresses: list }
  }
  native.startDial(environment, op, {
    host,
    port,
    ...looked(0),
    hops: hops.flatMap(({ ask }, index) => (ask === undefined ? [] : [{ hop: ask, ...looked(index + 1) }])),
    family,
    localPort,
    attemptDelay,
    timeout,
    noDelay,
    keepAlive,
    keepAliveInitialDelay,
    userTimeout,
    ...(localAddress !== undefined && { localAddress }),
    ...(tls !== undefined && { tls })
  })
  return new Promise((resolve) => {
    const forget =
      signal &&
      onAbort(signal, () => {
        if (!native.abandonDial(environment, op)) return
        release(op)
        settled(Failure.aborted(signal, 'connect'))
      })
    const settled = (outcome: [number, unknown] | Failure): void => {
      forget?.()
      resolve(outcome)
    }
    wait(op, { settle: (value) => settled(value as [number, unknown] | Failure) })
  })
}

/** The most milliseconds that `setTimeout` takes: 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Looks up on the whole way what the caller's own `lookup` is for. The first failure ends it all: nothing waits on. */
async function lookUpAll(hops: readonly Hop[], target: Target, settings: Settings): Promise<(string[] | undefined)[]> {
  const endings: (() => void)[] = []
  try {
    return await Promise.all(hops.map((hop) => lookUp(hop, target, settings, endings)))
  } finally {
    for (const end of endings) end()
  }
}

/** Asks the caller's own `lookup`, if there is one and the host is a name for us to look up; under the dial's deadline and signal. */
function lookUp(hop: Hop, target: Target, settings: Settings, endings: (() => void)[]): Promise<string[]> | undefined {
  const { lookup, family, timeout, signal } = settings
  if (lookup === undefined || !hop.looksUp || isIP(hop.host) !== 0) return undefined
  const answer = new Promise<string[] | Failure>((resolve, reject) => {
    const onTimeout = (): void => resolve(lookupTimedOut(hop, timeout))
    const timer = timeout > 0 ? setTimeout(onTimeout, Math.min(timeout, LONGEST_TIMER)) : undefined
    endings.push(() => clearTimeout(timer))
    if (signal) endings.push(onAbort(signal, () => resolve(Failure.aborted(signal, 'lookup'))))
    try {
      lookup(hop.host, { all: true, family, verbatim: true }, (error, addresses) =>
        resolve(error ? lookupFailed(error) : listed(hop, addresses))
      )
    } catch (error) {
      reject(error)
    }
  })
  return answer.then((outcome) => {
    if (outcome instanceof Failure) throw failed(onTheWay(hop, outcome), target)
    return outcome
  })
}

/** A failed look-up for a proxy is told as native code tells its own. */
function onTheWay(hop: Hop, { message, details, name }: Failure): Failure {
  if (hop.for === undefined) return new Failure(message, details, name)
  const number = hop.proxies === 1 ? '' : ` ${hop.for.hop + 1} of ${hop.proxies}`
  return new Failure(`proxy${number} ${hop.for.url}: ${message}`, { ...details, phase: 'proxy', proxy: hop.for }, name)
}

function lookupTimedOut({ host }: Hop, timeout: number): Failure {
  return new Failure(
    `lookup of ${host} timed out after ${timeout} ms`,
    { code: 'ETIMEDOUT', phase: 'lookup' },
    'TimeoutError'
  )
}

function lookupFailed(error: NodeJS.ErrnoException): Failure {
  const { code = 'ENOTFOUND', syscall, errno } = error
  return new Failure(error.message, { code, phase: 'lookup', syscall, errno, cause: error })
}

/** The addresses, in both of the forms in which Node's look-ups give them. */
function listed({ host }: Hop, addresses: LookupAddress[] | string | undefined): string[] | Failure {
  const list = Array.isArray(addresses) ? addresses : addresses === undefined ? [] : [{ address: addresses }]
  const wrong = list.find((entry) => isIP(entry?.address) === 0 || entry.address.includes('%'))
  if (wrong !== undefined) {
    const message = `lookup of ${host} gave ${check.show(wrong?.address)}, which is not an IP address`
    return new Failure(message, { code: 'ERR_INVALID_IP_ADDRESS', phase: 'lookup' })
  }
  if (list.length === 0)
    return new Failure(`lookup ENOTFOUND ${host}`, { code: 'ENOTFOUND', phase: 'lookup', syscall: 'lookup' })
  return list.map(({ address }) => address)
}
