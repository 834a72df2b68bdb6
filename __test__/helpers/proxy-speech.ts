// What proxies hear and say in each protocol, rightly: SOCKS4 and 4a, SOCKS5 (RFC 1928, 1929), HTTP's CONNECT. Knows no servers,
// and how an answer is spoilt on its way others know.

import { once } from 'node:events'
import type { Duplex } from 'node:stream'

/** Where a client asks to be connected to. */
export interface Asked {
  host: string
  port: number
  as: 'name' | 'IPv4' | 'IPv6'
}

/** Which answer: the choice of a method and the verdict on a login are SOCKS5's alone. */
export type Stage = 'method' | 'login' | 'connect'

/** A user, and a password where the protocol has one. */
export type Login = readonly [user: string, password?: string]

export interface Talk {
  incoming: Incoming
  /** Gives an answer, or what the test wants in its place */
  say(stage: Stage, right: Buffer): Promise<void>
  /** A client has told who it is; gives whether that will do */
  admits(login: Login | undefined): boolean
  /** A login is wanted */
  isClosed: boolean
}

export interface Speech {
  /** Listens up to the request to connect; `null` where the client was turned away before */
  hear(talk: Talk): Promise<Asked | null>
  /** The answer that the connection stands */
  opened: Buffer
  /** The answer that it does not, for Node's code of the reason */
  failed(code: string): Buffer
}

/** The client went away in the middle of what it had to say. */
export class Gone extends Error {}

/** What comes from a client, taken piece by piece; the rest stays in the stream. */
export class Incoming {
  constructor(readonly stream: Duplex) {}

  async exactly(size: number): Promise<Buffer> {
    for (;;) {
      const bytes = this.stream.read(size) as Buffer | null
      if (bytes?.length === size) return bytes
      // The end gives what is left.
      if (bytes !== null) throw new Gone()
      await this.#more()
    }
  }

  /** Up to this and with it. */
  async until(marker: string): Promise<Buffer> {
    let bytes = Buffer.alloc(0)
    for (;;) {
      const chunk = this.stream.read() as Buffer | null
      if (chunk === null) {
        await this.#more()
        continue
      }
      bytes = Buffer.concat([bytes, chunk])
      const at = bytes.indexOf(marker)
      if (at < 0) continue
      const end = at + marker.length
      if (end < bytes.length) this.stream.unshift(bytes.subarray(end))
      return bytes.subarray(0, end)
    }
  }

  async #more(): Promise<void> {
    const { stream } = this
    if (stream.readableEnded || stream.destroyed) throw new Gone()
    const over = new AbortController()
    const { signal } = over
    try {
      await Promise.race(['readable', 'end', 'close'].map((name) => once(stream, name, { signal })))
    } catch {
      throw new Gone()
    } finally {
      over.abort()
    }
  }
}

/** SOCKS ends texts with NUL in version 4, */
const untilNul = async (incoming: Incoming): Promise<string> => (await incoming.until('\0')).toString().slice(0, -1)

/** and puts their length before them in version 5. */
async function counted(incoming: Incoming): Promise<string> {
  const [size = 0] = await incoming.exactly(1)
  return size === 0 ? '' : (await incoming.exactly(size)).toString()
}

const socks4: Speech = {
  async hear({ incoming, say, admits, isClosed }) {
    const [version, command] = await incoming.exactly(2)
    if (version !== 4 || command !== 1) {
      await say('connect', Buffer.from([0, 91, 0, 0, 0, 0, 0, 0]))
      return null
    }
    const rest = await incoming.exactly(6)
    const user = await untilNul(incoming)
    const hasName = rest.readUInt32BE(2) < 256 && rest[5] !== 0
    const host = hasName ? await untilNul(incoming) : rest.subarray(2).join('.')
    const admitted = admits(user === '' ? undefined : [user])
    if (isClosed && !admitted) {
      await say('connect', Buffer.from([0, 93, 0, 0, 0, 0, 0, 0]))
      return null
    }
    return { host, port: rest.readUInt16BE(0), as: hasName ? 'name' : 'IPv4' }
  },
  opened: Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]),
  failed: () => Buffer.from([0, 91, 0, 0, 0, 0, 0, 0])
}

const SOCKS5_REPLIES: Record<string, number> = { ECONNREFUSED: 5, ENOTFOUND: 4, EHOSTUNREACH: 4, ENETUNREACH: 3 }

const socks5: Speech = {
  async hear({ incoming, say, admits, isClosed }) {
    const [version, count = 0] = await incoming.exactly(2)
    if (version !== 5) return null
    const methods = await incoming.exactly(count)
    const wanted = isClosed ? 2 : 0
    const isOffered = methods.includes(wanted)
    await say('method', Buffer.from([5, isOffered ? wanted : 0xff]))
    if (!isOffered) return null
    // Which of the two comes is the client's affair where the choice was changed on its way.
    let [first] = await incoming.exactly(1)
    if (first === 1) {
      const login = [await counted(incoming), await counted(incoming)] as const
      const admitted = admits(login)
      await say('login', Buffer.from([1, admitted ? 0 : 1]))
      if (!admitted) return null
      ;[first] = await incoming.exactly(1)
    }
    const [command, , type] = await incoming.exactly(3)
    if (first !== 5 || command !== 1) return null
    const [host, as] = await socks5Host(incoming, type)
    return { host, port: (await incoming.exactly(2)).readUInt16BE(0), as }
  },
  opened: Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0x1f, 0x90]),
  failed: (code) => Buffer.from([5, SOCKS5_REPLIES[code] ?? 1, 0, 1, 0, 0, 0, 0, 0, 0])
}

async function socks5Host(incoming: Incoming, type: number | undefined): Promise<[string, Asked['as']]> {
  if (type === 3) return [await counted(incoming), 'name']
  if (type === 1) return [(await incoming.exactly(4)).join('.'), 'IPv4']
  const bytes = await incoming.exactly(16)
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return [words.join(':'), 'IPv6']
}

const httpReply = (status: string, ...headers: string[]): Buffer =>
  Buffer.from(`HTTP/1.1 ${[status, ...headers].join('\r\n')}\r\n\r\n`)

const http: Speech = {
  async hear({ incoming, say, admits, isClosed }) {
    const first = await incoming.exactly(1)
    incoming.stream.unshift(first)
    if (first.toString() !== 'C') {
      await say('connect', httpReply('400 Bad Request', 'Connection: close'))
      return null
    }
    const head = (await incoming.until('\r\n\r\n')).toString()
    const match = /^CONNECT (?:\[(.*)\]|(.*)):(\d+) HTTP\/1\.1\r\nHost: (.*)\r\n(?:Proxy-Authorization: (.*)\r\n)?\r\n$/
    const [, six, host = '', port, named, authorization] = match.exec(head) ?? []
    if (port === undefined || named !== `${six === undefined ? host : `[${six}]`}:${port}`) {
      await say('connect', httpReply('400 Bad Request', 'Connection: close'))
      return null
    }
    const admitted = admits(basicLogin(authorization))
    if (isClosed && !admitted) {
      const reply = httpReply('407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="tests"')
      await say('connect', reply)
      return null
    }
    if (six !== undefined) return { host: six, port: Number(port), as: 'IPv6' }
    return { host, port: Number(port), as: /^[\d.]+$/.test(host) ? 'IPv4' : 'name' }
  },
  opened: httpReply('200 Connection established', 'Via: 1.1 tests'),
  failed: () => httpReply('502 Bad Gateway', 'Content-Length: 0')
}

/** RFC 7617. */
function basicLogin(header: string | undefined): Login | undefined {
  const [, credentials] = /^Basic (\S+)$/.exec(header ?? '') ?? []
  if (credentials === undefined) return undefined
  const text = Buffer.from(credentials, 'base64').toString()
  const colon = text.indexOf(':')
  return [text.slice(0, colon), text.slice(colon + 1)]
}

export const speeches = { http, socks4, socks5 }

export type SpeechName = keyof typeof speeches
