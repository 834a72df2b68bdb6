// Proxies for one test, which keep to their protocol unless the test gives their answers: they remember what they were asked, and
// connect on to real targets. Knows no messages and no cases.

import { once } from 'node:events'
import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { ExecutionContext } from 'ava'
import type { ProxyOptions, ProxyProtocol, TlsOptions } from 'tcpull'
import { root, site } from './authorities'
import { type Certificate, dns } from './certificates'
import { within } from './failures'
import { turns } from './peer'
import {
  type Asked,
  Gone,
  Incoming,
  type Login,
  type SpeechName,
  type Stage,
  speeches,
  type Talk
} from './proxy-speech'

/** An answer that a proxy is about to give. */
export interface Reply {
  stage: Stage
  /** The right one */
  bytes: Buffer
  /** Where it belongs */
  stream: Duplex
  /** What the proxy has connected on to, if it has */
  target: Socket | undefined
}

export interface Script {
  /** Without it everybody is let in, and nobody asked who it is */
  login?: Login
  /** It is spoken to over TLS, with this certificate */
  certificate?: Certificate
  /** The address of a name; `undefined`: there is none. Default: every name is this machine */
  lookUp?: (name: string) => string | undefined
  /** Gives the answers. Default: the right one, as it is */
  answer?: (reply: Reply) => unknown
  /** Plays the target itself, in place of connecting on */
  serve?: (stream: Duplex) => void
}

export interface Seen {
  connections: number
  /** Who told who it is */
  logins: Login[]
  /** Every request to connect */
  asked: Asked[]
  /** Bytes behind the last request: the target's, or nobody's */
  bytes: number
}

export interface ScriptedProxy {
  port: number
  seen: Seen
  /** Every connection to it is at its end; those that are on their way have had their time */
  settled(): Promise<void>
  close(): void
}

/** How each is spoken to, and what it is handed of a name. */
export const protocols: Record<ProxyProtocol, { speech: SpeechName; secure: boolean; takesNames: boolean }> = {
  http: { speech: 'http', secure: false, takesNames: true },
  https: { speech: 'http', secure: true, takesNames: true },
  socks4: { speech: 'socks4', secure: false, takesNames: false },
  socks4a: { speech: 'socks4', secure: false, takesNames: true },
  socks5: { speech: 'socks5', secure: false, takesNames: false },
  socks5h: { speech: 'socks5', secure: false, takesNames: true },
  'socks4+tls': { speech: 'socks4', secure: true, takesNames: false },
  'socks4a+tls': { speech: 'socks4', secure: true, takesNames: true },
  'socks5+tls': { speech: 'socks5', secure: true, takesNames: false },
  'socks5h+tls': { speech: 'socks5', secure: true, takesNames: true }
}

export const protocolNames = Object.keys(protocols) as ProxyProtocol[]

/** A proxy that ends with the test. */
export async function scriptedProxy(t: ExecutionContext, name: SpeechName, script?: Script): Promise<ScriptedProxy> {
  const proxy = await openProxy(name, script)
  t.teardown(() => proxy.close())
  return proxy
}

/** The name of the proxies, which their certificates are for and no target's. */
export const PROXY_HOST = 'proxy.test'

/** What the client trusts of a proxy over TLS. */
export const proxyTls = (): TlsOptions => ({ ca: root().pem, caOnly: true })

export interface Proxied extends ScriptedProxy {
  /** The proxy, as an option; `proxy.test` is to be looked up */
  option: ProxyOptions
}

/** A proxy of this protocol with what a client has to say to reach it. */
export async function proxyOf(t: ExecutionContext, protocol: ProxyProtocol, script: Script = {}): Promise<Proxied> {
  const { speech, secure } = protocols[protocol]
  const certificate = site({ subject: PROXY_HOST, names: [dns(PROXY_HOST)] })
  const proxy = await scriptedProxy(t, speech, { ...(secure && { certificate }), ...script })
  const [username, password] = script.login ?? []
  const option: ProxyOptions = {
    protocol,
    host: PROXY_HOST,
    port: proxy.port,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(secure && { tls: proxyTls() })
  }
  return { ...proxy, option }
}

/** A proxy that does not keep its process alive. */
export async function openProxy(name: SpeechName, script: Script = {}): Promise<ScriptedProxy> {
  const seen: Seen = { connections: 0, logins: [], asked: [], bytes: 0 }
  const open = new Set<Socket>()
  const keep = (socket: Socket): void => {
    open.add(socket)
    socket.unref()
    // What becomes of it is the client's affair.
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  }
  const server = serverFor(script, (stream) => new Conversation(stream, name, script, seen, keep).hold())
  server.on('connection', (socket: Socket) => {
    seen.connections++
    keep(socket)
  })
  server.unref()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const settle = async (): Promise<void> => {
    await turns(10)
    while (open.size > 0) await turns(1)
  }
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    settled: () => within(settle(), 'the end of the connections'),
    close: () => {
      server.close()
      for (const socket of open) socket.destroy()
    }
  }
}

function serverFor({ certificate }: Script, talk: (stream: Duplex) => void): Server {
  return createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    if (certificate === undefined) talk(socket)
    else shake(socket, certificate, talk)
  })
}

/** Not a server of TLS: one that is half open does not let clients go that leave it in the handshake. */
function shake(socket: Socket, { pem, key }: Certificate, talk: (stream: Duplex) => void): void {
  const options = { isServer: true, cert: pem, key, allowHalfOpen: true }
  const secured = new TLSSocket(socket, options)
  const leave = (): unknown => socket.destroy()
  secured.on('error', leave).once('end', leave)
  secured.once('secure', () => {
    secured.off('end', leave)
    talk(secured)
  })
}

class Conversation {
  #target: Socket | undefined

  constructor(
    readonly stream: Duplex,
    readonly name: SpeechName,
    readonly script: Script,
    readonly seen: Seen,
    readonly keep: (socket: Socket) => void
  ) {}

  async hold(): Promise<void> {
    try {
      await this.#hold()
    } catch (error) {
      if (!(error instanceof Gone)) throw error
      this.stream.end()
    }
  }

  async #hold(): Promise<void> {
    const { stream, script, seen } = this
    const speech = speeches[this.name]
    const asked = await speech.hear(this.#talk())
    let isOpen = false
    if (asked !== null) {
      seen.asked.push(asked)
      const failure = script.serve === undefined ? await this.#connect(asked) : null
      await this.#say('connect', failure === null ? speech.opened : speech.failed(failure))
      isOpen = failure === null
    }
    stream.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length
    })
    // An answer may have been the last thing that was said.
    if (isOpen && this.#target !== undefined && stream.writable) return join(stream, this.#target)
    this.#target?.destroy()
    stream.on('end', () => stream.end()).resume()
    if (isOpen) script.serve?.(stream)
    else stream.end()
  }

  #talk(): Talk {
    const { script, seen } = this
    return {
      incoming: new Incoming(this.stream),
      say: (stage, right) => this.#say(stage, right),
      isClosed: script.login !== undefined,
      admits: (login) => {
        if (login !== undefined) seen.logins.push(login)
        return String(login) === String(script.login)
      }
    }
  }

  async #say(stage: Stage, bytes: Buffer): Promise<void> {
    const { stream, script } = this
    if (script.answer === undefined) stream.write(bytes)
    else await script.answer({ stage, bytes, stream, target: this.#target })
  }

  /** Connects on; gives the code of what keeps it from that. */
  async #connect({ host, port, as }: Asked): Promise<string | null> {
    const { lookUp = () => '127.0.0.1' } = this.script
    const address = as === 'name' ? lookUp(host) : host
    if (address === undefined) return 'ENOTFOUND'
    const target = netConnect({ host: address, port, allowHalfOpen: true, noDelay: true })
    this.keep(target)
    try {
      await once(target, 'connect')
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? ''
    }
    this.#target = target
    return null
  }
}

/** Each end gets what the other sends, and its end; a broken one takes the other with it. */
function join(stream: Duplex, target: Socket): void {
  stream.pipe(target).pipe(stream)
  stream.on('error', () => target.destroy())
  target.on('error', () => stream.destroy())
}
