// Random conversations that mix every kind of read, with the answers known by construction; knows no cuttings.

import type { TcpClient } from 'tcpull'
import { latin1 } from './cuttings'

/** One read: the bytes that the peer sends for it, the call, and what it has to give. */
export interface Part {
  bytes: Buffer
  call: (client: TcpClient) => Promise<unknown>
  gives: unknown
  /** Whether the next part may be called before this one is answered. */
  pipelined: boolean
}

type Random = () => number
type Kind = (random: Random) => Omit<Part, 'pipelined'> & { pipelined?: boolean }

// Letters that are parts of the markers below as often as not.
const LETTERS = 'aabbxyz-\r'
const LENGTHS = ['u8', 'u16be', 'u24le', 'u32be', 'u64le', 'varint'] as const

function below(random: Random, end: number): number {
  return Math.floor(random() * end)
}

function text(random: Random, most: number): string {
  const letters = Array.from({ length: below(random, most + 1) }, () => LETTERS[below(random, LETTERS.length)])
  // A carriage return at the end would become a part of the line's marker.
  return letters.join('').replace(/\r+$/, '')
}

function bytes(random: Random, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, () => below(random, 256)))
}

function frame(length: (typeof LENGTHS)[number], payload: Buffer): Buffer {
  const size = payload.length
  const header = Buffer.alloc({ u8: 1, u16be: 2, u24le: 3, u32be: 4, u64le: 8, varint: size < 128 ? 1 : 2 }[length])
  if (length === 'varint' && size >= 128) header.set([(size & 127) | 128, size >> 7])
  else if (length.endsWith('be')) header.writeUIntBE(size, 0, header.length)
  else header.writeUIntLE(size, 0, Math.min(header.length, 6))
  return Buffer.concat([header, payload])
}

const KINDS: Kind[] = [
  function line(random) {
    const [line, end] = [text(random, 20), random() < 0.5 ? '\n' : '\r\n']
    return { bytes: Buffer.from(line + end), call: (client) => client.readLine(), gives: line }
  },
  function lineInUtf16(random) {
    const line = `${text(random, 8)}é\u{1f600}`
    return {
      bytes: Buffer.from(`${line}\n`, 'utf16le'),
      call: (client) => client.readLine({ encoding: 'utf-16le' }),
      gives: line
    }
  },
  function lineWithItsMarker(random) {
    const line = `${text(random, 9).replaceAll('-', 'x')}--`
    const call = (client: TcpClient) => client.readLine({ marker: '--', keepMarker: true })
    return { bytes: Buffer.from(line), call, gives: line }
  },
  function exactly(random) {
    const content = bytes(random, below(random, 40))
    return {
      bytes: content,
      call: async (client) => latin1(await client.readExactly(content.length)),
      gives: latin1(content)
    }
  },
  function into(random) {
    const content = bytes(random, 1 + below(random, 40))
    const call = async (client: TcpClient) => {
      const target = Buffer.alloc(content.length)
      const count = await client.readInto(target)
      return [count, latin1(target)]
    }
    return { bytes: content, call, gives: [content.length, latin1(content)] }
  },
  function until(random) {
    const content = `${text(random, 30).replaceAll('aab', 'aax')}!aab`
    return {
      bytes: Buffer.from(content),
      call: async (client) => latin1(await client.readUntil('aab')),
      gives: content
    }
  },
  function untilOneOfSeveral(random) {
    const content = `${text(random, 20).replaceAll('y', 'x')}${random() < 0.5 ? 'yx!' : '.'}`
    return {
      bytes: Buffer.from(content),
      call: async (client) => latin1(await client.readUntil(['yx!', '.', 'yxy'], { keepMarker: false })),
      gives: content.replace(/(yx!|\.)$/, '')
    }
  },
  function frames(random) {
    const length = LENGTHS[below(random, LENGTHS.length)] as (typeof LENGTHS)[number]
    const payload = bytes(random, below(random, 200))
    const call = async (client: TcpClient) => latin1(await client.readFrame({ length }))
    return { bytes: frame(length, payload), call, gives: latin1(payload) }
  },
  function receiveBySize(random) {
    const content = bytes(random, 1 + below(random, 20))
    const call = async (client: TcpClient) => {
      const { data, reason } = await client.receive({ maxSize: content.length })
      return [latin1(data), reason]
    }
    return { bytes: content, call, gives: [latin1(content), 'size'] }
  },
  function receiveByMarker(random) {
    const content = text(random, 12).replaceAll('b', 'a')
    const call = async (client: TcpClient) => {
      const { data, reason } = await client.receive({ marker: 'b!', maxSize: 100, keepMarker: false })
      return [latin1(data), reason]
    }
    return { bytes: Buffer.from(`${content}b!`), call, gives: [content, 'marker'] }
  },
  function expected(random) {
    const before = text(random, 12).replaceAll('z', 'x')
    const number = below(random, 1000)
    const call = async (client: TcpClient) => {
      const { index, match, before } = await client.expect(['zz', /z=(?<number>\d+);/])
      return [index, match[1], before]
    }
    return { bytes: Buffer.from(`${before}z=${number};`), call, gives: [1, String(number), before] }
  },
  function chunks(random) {
    const content = bytes(random, 1 + below(random, 30))
    const call = async (client: TcpClient) => {
      let all = ''
      while (all.length < content.length) all += latin1(await client.read({ max: content.length - all.length }))
      return all
    }
    return { bytes: content, call, gives: latin1(content), pipelined: false }
  },
  function linesThenBreak(random) {
    const lines = Array.from({ length: 1 + below(random, 5) }, () => text(random, 9))
    const call = async (client: TcpClient) => {
      const got: string[] = []
      for await (const line of client.lines()) if (got.push(line) === lines.length) break
      return got
    }
    return { bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')), call, gives: lines, pipelined: false }
  },
  function framesThenBreak(random) {
    const payloads = Array.from({ length: 1 + below(random, 5) }, () => bytes(random, below(random, 9)))
    const call = async (client: TcpClient) => {
      const got: unknown[] = []
      for await (const payload of client.frames({ length: 'u8' })) {
        if (got.push(latin1(payload)) === payloads.length) break
      }
      return got
    }
    const content = Buffer.concat(payloads.map((payload) => frame('u8', payload)))
    return { bytes: content, call, gives: payloads.map(latin1), pipelined: false }
  },
  function putBackAndLookedAt(random) {
    const content = bytes(random, 2 + below(random, 9))
    const call = async (client: TcpClient) => {
      client.unread(await client.readExactly(content.length))
      const seen = latin1(client.peek(content.length - 1))
      return [seen, latin1(await client.readExactly(content.length))]
    }
    const gives = [latin1(content.subarray(0, -1)), latin1(content)]
    return { bytes: content, call, gives, pipelined: false }
  },
  function overALimit(random) {
    const line = `${text(random, 9)}xxxx`
    const call = async (client: TcpClient) => {
      const failed = await client.readLine({ maxSize: line.length - 2 }).catch((error) => error.code)
      return [failed, await client.readLine({ maxSize: line.length })]
    }
    return { bytes: Buffer.from(`${line}\n`), call, gives: ['ERR_LIMIT', line], pipelined: false }
  }
]

/** The names of all kinds. */
export const kinds = KINDS.map((kind) => kind.name)

/** A conversation of `length` parts. */
export function mixedScript(random: Random, length: number): Part[] {
  return Array.from({ length }, () => {
    const { pipelined = true, ...part } = (KINDS[below(random, KINDS.length)] as Kind)(random)
    return { ...part, pipelined }
  })
}

/** One part of each kind. */
export function everyKind(random: Random): Part[] {
  return KINDS.map((kind) => ({ pipelined: true, ...kind(random) }))
}
