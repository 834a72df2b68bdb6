// What a case of TLS is, the ways to dial it, and how it is judged: a server that is refused gets no byte of the application.
// The ways are apart from the cases so that the same tables hold on every route. Knows no table.

import type { TlsOptions as ServerOptions } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { connect, type LookupFunction, type Phase, type TcpClient, type TlsOptions } from 'tcpull'
import { root } from './authorities'
import { type Certificate, chain } from './certificates'
import { fails, within } from './failures'
import type { SpeechName } from './proxy-speech'
import { openProxy, type ScriptedProxy } from './scripted-proxies'
import { type TlsPeer, tlsPeer } from './tls-peers'

export interface Case {
  /** What is special about the server */
  name: string
  /** The host that is dialled, and that the certificate has to be for */
  host: string
  /** How the client trusts */
  tls: () => TlsOptions
  server: (t: ExecutionContext) => Promise<TlsPeer>
  /** The certificate that the server has */
  leaf?: () => Certificate
}

/** A case with a server that is to be refused. */
export interface Refusal extends Case {
  code: string
  phase: Phase
}

/** What a server of OpenSSL is made of. */
export interface Setup {
  /** What it sends, the leaf first */
  chain: readonly Certificate[]
  /** Default: the leaf's */
  key?: string
  server?: ServerOptions
  /** What the client trusts. Default: the root of the tests */
  trusted?: readonly Certificate[]
  client?: TlsOptions
}

/** A server of OpenSSL, which is made when it is needed: keys and certificates take their time. */
export function serving(name: string, make: () => Setup, host = 'name.test'): Case & { leaf: () => Certificate } {
  let made: Setup | undefined
  const setup = (): Setup => {
    made ??= make()
    return made
  }
  const leaf = (): Certificate => setup().chain[0] as Certificate
  return {
    name,
    host,
    leaf,
    tls: () => {
      const { trusted = [root()], client } = setup()
      return { ...(trusted.length > 0 && { ca: chain(...trusted) }), ...client }
    },
    server: (t) => {
      const { key = leaf().key, server } = setup()
      return tlsPeer(t, { cert: chain(...setup().chain), key, ...server }, host === '::1' ? host : '127.0.0.1')
    }
  }
}

/** A way to a server on this machine that is known as `host`. */
export type Dial = (address: { host: string; port: number }, tls: TlsOptions) => Promise<TcpClient>

export const toLoopback: LookupFunction = (_name, _options, callback) => callback(null, '127.0.0.1', 4)

/** Many tests run at once, and some make long keys meanwhile: nothing here may depend on the time. */
const timeout = 0

export const direct: Dial = (address, tls) => connect(address, { lookup: toLoopback, timeout, tls })

export const upgraded: Dial = async (address, tls) => {
  const client = await connect(address, { lookup: toLoopback, timeout })
  try {
    await client.startTls({ ...tls, timeout })
    return client
  } catch (error) {
    client.destroy()
    throw error
  }
}

const opened: Partial<Record<SpeechName, Promise<ScriptedProxy>>> = {}

/** Through a proxy that all tests of a file share, and that takes every name for this machine. */
const through =
  (name: SpeechName, protocol: string): Dial =>
  async (address, tls) => {
    opened[name] ??= openProxy(name)
    const { port } = await opened[name]
    return connect(address, { lookup: toLoopback, timeout, tls, proxy: `${protocol}://127.0.0.1:${port}` })
  }

export const ways: Record<string, Dial> = {
  directly: direct,
  'by startTls': upgraded,
  // Which is handed an address, while the certificate has to be for the name.
  'through SOCKS5': through('socks5', 'socks5'),
  'through HTTP': through('http', 'http')
}

/** Whether the connection stands before the options of TLS are looked at. */
export const isPlainFirst = (way: string): boolean => way === 'by startTls'

/** What a server gets when it is trusted: bytes at once, before anything of its own. */
export async function exchange(dialling: Promise<TcpClient>): Promise<string | null> {
  const client = await dialling
  try {
    // A server that refuses its client ends the connection, whose last words are there for the read.
    client.write('secret\n').catch(() => {})
    return await client.readLine()
  } finally {
    client.destroy()
  }
}

/** How the client trusts, with and without the system's roots: they trust nothing that the tests make. */
function trusts(tls: TlsOptions): TlsOptions[] {
  return tls.ca === undefined ? [tls] : [{ ...tls, caOnly: true }, tls]
}

/** Each case has a server and several sockets, which a system has only so many of; Wine's server holds those of all processes. */
const AT_ONCE = 24
let open = 0
const waiting: (() => void)[] = []

/** Whose turn it is or will be: a test that held one turn while it waits for another could wait for itself. */
const taken = new WeakMap<ExecutionContext, Promise<void>>()

/** Resolves when there is room for one more test, whose cases come one after the other. */
function turn(t: ExecutionContext): Promise<void> {
  const mine = taken.get(t) ?? take(t)
  taken.set(t, mine)
  return mine
}

async function take(t: ExecutionContext): Promise<void> {
  if (open === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else open++
  t.teardown(() => {
    const next = waiting.shift()
    if (next === undefined) open--
    else next()
  })
}

export async function refuses(t: ExecutionContext, refusal: Refusal, dial: Dial): Promise<void> {
  await turn(t)
  const { host, code, phase, leaf } = refusal
  const { port, seen, settled } = await refusal.server(t)
  for (const tls of trusts(refusal.tls())) {
    const failing = exchange(dial({ host, port }, tls))
    // Who refuses a client resets the connection, and Windows throws away what came before that: the alert.
    const mayLose = process.platform === 'win32' && phase === 'read'
    const error = await fails(t, failing, mayLose ? { phase } : { code, phase })
    if (leaf) t.deepEqual(error.cert?.raw, leaf().raw)
  }
  await settled()
  t.deepEqual([seen.handshakes, seen.bytes], [0, 0])
}

export async function accepts(t: ExecutionContext, accepted: Case, dial: Dial): Promise<void> {
  await turn(t)
  const { host, leaf } = accepted
  const { port, seen, settled } = await accepted.server(t)
  const options = trusts(accepted.tls())
  for (const tls of options) {
    const client = await within(dial({ host, port }, tls))
    t.true(client.encrypted)
    if (leaf) t.deepEqual(client.tls?.certificates[0]?.raw, leaf().raw)
    t.is(await within(exchange(Promise.resolve(client))), 'secret')
  }
  await settled()
  t.is(seen.handshakes, options.length)
}
