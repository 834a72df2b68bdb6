// A proxy that answers as it is told, once for each dial, and what comes of the dials. Knows no lies.

import type { Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type ProxyProtocol, TcpError } from 'tcpull'
import { within } from './failures'
import type { Login, Stage } from './proxy-speech'
import { PROXY_HOST, type Proxied, proxyOf, type Script } from './scripted-proxies'
import { toLoopback } from './tls-cases'

/** A protocol, and the right answers in it that are to be spoilt. */
export interface Good {
  name: string
  protocol: ProxyProtocol
  login?: Login
  replies: Partial<Record<Stage, Buffer>>
}

const IPV4 = Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0x1f, 0x90])
const IPV6 = Buffer.from([5, 0, 0, 4, ...Array<number>(15).fill(0), 1, 0x1f, 0x90])
const NAMED = Buffer.from([5, 0, 0, 3, 9, ...Buffer.from('name.test'), 0x1f, 0x90])

export const goods: readonly Good[] = [
  { name: 'SOCKS4', protocol: 'socks4', replies: { connect: Buffer.from([0, 90, 0x1f, 0x90, 127, 0, 0, 1]) } },
  { name: 'SOCKS5', protocol: 'socks5h', replies: { method: Buffer.from([5, 0]), connect: IPV4 } },
  { name: 'SOCKS5 with an address of IPv6', protocol: 'socks5', replies: { connect: IPV6 } },
  { name: 'SOCKS5 with a name', protocol: 'socks5h', replies: { connect: NAMED } },
  {
    name: 'SOCKS5 with a login',
    protocol: 'socks5h',
    login: ['user', 'password'],
    replies: { method: Buffer.from([5, 2]), login: Buffer.from([1, 0]), connect: IPV4 }
  },
  {
    name: 'HTTP',
    protocol: 'http',
    replies: { connect: Buffer.from('HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n') }
  },
  { name: 'HTTP/1.0 in short', protocol: 'http', replies: { connect: Buffer.from('HTTP/1.0 200\r\n\r\n') } }
]

/** The same over TLS. */
export const goodsOverTls: readonly Good[] = [
  { ...(goods[4] as Good), name: 'SOCKS5 with a login, over TLS', protocol: 'socks5h+tls' },
  { ...(goods[5] as Good), name: 'HTTP over TLS', protocol: 'https' }
]

/** What the target says, whoever plays it. Short: no answer that was made longer finds its end in it. */
export const GREETING = 'hello\n'

/** What came of a dial: everything that the target said, or the error. */
export type Outcome = string | TcpError

export class Liar {
  #answer: NonNullable<Script['answer']> = () => {}

  constructor(
    readonly proxy: Proxied,
    readonly good: Good,
    readonly options: ConnectOptions
  ) {}

  static async start(t: ExecutionContext, good: Good, options: ConnectOptions = {}): Promise<Liar> {
    // Who plays both the proxy and the target says all of it in one answer.
    const script: Script = { serve: () => {}, answer: (reply) => liar.#answer(reply) }
    if (good.login) script.login = good.login
    const proxy = await proxyOf(t, good.protocol, script)
    const liar: Liar = new Liar(proxy, good, options)
    return liar
  }

  /** Dials while this answer is given at its stage, and the right ones at the others; the last one with the greeting behind. */
  async dial(stage: Stage, lie: (stream: Duplex, right: Buffer) => unknown): Promise<Outcome> {
    this.#answer = ({ stage: current, bytes, stream }) => {
      const right = this.good.replies[current] ?? bytes
      if (current === stage) return lie(stream, right)
      return current === 'connect' ? stream.end(Buffer.concat([right, Buffer.from(GREETING)])) : stream.write(right)
    }
    const { option } = this.proxy
    const options = { lookup: toLoopback, timeout: 0, proxy: option, ...this.options }
    try {
      const client = await within(connect('name.test:7', options), `the dial with a lie at ${stage}`)
      const said = await within(client.readAll(), `the target behind a lie at ${stage}`)
      client.destroy()
      return said.toString('latin1')
    } catch (error) {
      if (error instanceof TcpError) return error
      throw error
    }
  }

  /** Nothing has been sent to a proxy, or through it, behind an answer that was wrong at this stage. */
  async silentAfter(t: ExecutionContext, stage: Stage): Promise<void> {
    await this.proxy.settled()
    const { logins, asked, bytes } = this.proxy.seen
    t.is(bytes, 0, 'bytes for the target')
    if (stage !== 'connect') t.deepEqual(asked, [], 'the request')
    if (stage === 'method') t.deepEqual(logins, [], 'the login')
  }
}

/** What is expected of a dial: everything that the target said, or these fields of the error. */
export type Expected = string | { code: string; reply?: number; refusedBy?: 'proxy' | 'target' }

export const PROTOCOL = { code: 'ERR_PROXY_PROTOCOL' } as const

/** The outcome is the expected one; an error is about the proxy. */
export function comesTo(t: ExecutionContext, outcome: Outcome, expected: Expected, { proxy }: Liar, what = ''): void {
  if (typeof expected === 'string' || typeof outcome === 'string') {
    t.is(outcome instanceof Error ? outcome.message : outcome, expected as string, what)
    return
  }
  const { code, ...rest } = expected
  const { protocol, port } = proxy.option
  t.deepEqual(
    { code: outcome.code, phase: outcome.phase, proxy: outcome.proxy, address: outcome.address, port: outcome.port },
    {
      code,
      phase: 'proxy',
      proxy: { url: `${protocol}://${PROXY_HOST}:${port}`, hop: 0, ...rest },
      address: 'name.test',
      port: 7
    },
    `${what}: ${outcome.message}`
  )
}
