// Waiting for the first of several texts, bytes or regular expressions; knows the reader, not how it reads.

import { StringDecoder } from 'node:string_decoder'
import { types } from 'node:util'
import { Failure, TcpError } from './errors'
import type { WaitOptions } from './options'
import type { Marker, Reader } from './reader'
import * as check from './validate'

/** What {@link TcpClient.expect} looks for. */
export type Pattern = Marker | RegExp

export interface ExpectOptions extends WaitOptions {
  /** The most bytes to look through. Default: the connection's `maxBuffer` */
  maxSize?: number | undefined
  /** How bytes become the text that regular expressions see and the result is given in. Default `'utf8'` */
  encoding?: BufferEncoding | undefined
}

/** What {@link TcpClient.expect} found. */
export interface Expected {
  /** Which of the patterns */
  index: number
  /** The text it matched; for a RegExp with its groups, as `RegExp.prototype.exec` gives them */
  match: string | RegExpExecArray
  /** The text before the match */
  before: string
}

interface Found {
  /** The bytes up to the end of the match */
  end: number
  expected: Expected
}

/** Looks for one pattern in ever more bytes. */
interface Searcher {
  /** The match that is complete first, if more than `seen` bytes complete one. */
  look(
    bytes: Buffer,
    seen: number
  ): { length: number; found(): Omit<Found['expected'], 'index'> & { end: number } } | null
}

/** The most bytes of unmatched text that an error shows. */
const TAIL = 200

/**
 * The pattern that is complete first, as if the stream were looked at after each of its bytes: so the result is the same
 * whatever chunks it comes in. Of several that are complete at the same byte the first in the list counts.
 */
export async function expect(reader: Reader, patterns: unknown, given: ExpectOptions | undefined): Promise<Expected> {
  const list = Array.isArray(patterns) ? patterns : [patterns]
  if (list.length === 0) throw check.invalid('ERR_INVALID_ARG_VALUE', 'patterns must hold at least one pattern; got []')
  const options = check.options(given)
  const encoding = options.encoding ?? 'utf8'
  if (!Buffer.isEncoding(encoding)) {
    const message = `options.encoding must be one of Node's encodings; got ${check.show(encoding)}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  }
  const searchers = list.map((pattern) => searcher(pattern, encoding))
  const maxSize = reader.maxSize(options.maxSize)
  let seen = 0
  let tail: Buffer = Buffer.alloc(0)
  let result: Expected | undefined
  let broken: unknown
  const examine = (bytes: Buffer): number => {
    tail = bytes.subarray(-TAIL)
    try {
      const found = first(searchers, bytes, seen)
      seen = bytes.length
      result = found?.expected
      return found?.end ?? -1
    } catch (cause) {
      // A RegExp can run out of stack on what the peer sends. Native code calls this: nothing may be thrown through it.
      broken = cause
      return 0
    }
  }
  try {
    await reader.readExamined(examine, maxSize, reader.wait(options))
    if (result === undefined) {
      throw reader.link.error(
        new Failure('the patterns could not be tried', { code: 'ERR_LIMIT', phase: 'read', cause: broken })
      )
    }
    return result
  } catch (error) {
    if (error instanceof TcpError) error.message += `; unmatched: ${JSON.stringify(tail.toString(encoding))}`
    throw error
  }
}

function first(searchers: readonly Searcher[], bytes: Buffer, seen: number): Found | null {
  let best: { length: number; make: () => Found } | null = null
  for (const [index, searcher] of searchers.entries()) {
    const hit = searcher.look(best ? bytes.subarray(0, best.length) : bytes, seen)
    if (hit === null || (best !== null && hit.length >= best.length)) continue
    const make = (): Found => {
      const { end, match, before } = hit.found()
      return { end, expected: { index, match, before } }
    }
    best = { length: hit.length, make }
  }
  return best?.make() ?? null
}

function searcher(pattern: unknown, encoding: BufferEncoding): Searcher {
  if (types.isRegExp(pattern)) return regExp(pattern, encoding)
  const marker = Buffer.from(check.markers([pattern], 'patterns')[0] as Uint8Array)
  return {
    look(bytes, seen) {
      const at = bytes.indexOf(marker, Math.max(0, seen - marker.length + 1))
      if (at < 0) return null
      const end = at + marker.length
      const found = () => ({ end, match: marker.toString(encoding), before: bytes.toString(encoding, 0, at) })
      return { length: end, found }
    }
  }
}

// What follows a match can undo it only through these; without them a match in some bytes is one in any more.
const LOOKS_AHEAD = /\(\?[=!]|\$|\\b/i

function regExp(pattern: RegExp, encoding: BufferEncoding): Searcher {
  // A copy, without the flags that make a RegExp remember where it was.
  const own = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  const text = (bytes: Buffer, length: number): string => new StringDecoder(encoding).write(bytes.subarray(0, length))
  const matches = (bytes: Buffer, length: number): boolean => own.test(text(bytes, length))
  const least = LOOKS_AHEAD.test(own.source) ? leastOfAll : leastByHalving
  return {
    look(bytes, seen) {
      const length = least((size) => matches(bytes, size), seen, bytes.length)
      if (length < 0) return null
      const found = () => {
        const whole = text(bytes, length)
        const match = own.exec(whole) as RegExpExecArray
        // What a look-ahead saw behind the match is not part of it. Counted by decoding: malformed bytes become longer.
        const chars = match.index + match[0].length
        const end = chars === 0 ? 0 : leastByHalving((size) => text(bytes, size).length >= chars, 0, length)
        return { end, match, before: whole.slice(0, match.index) }
      }
      return { length, found }
    }
  }
}

/** The least size in (seen, most] with a match, or −1; any size may match or not. Quadratic in what stays unmatched. */
function leastOfAll(matches: (size: number) => boolean, seen: number, most: number): number {
  for (let size = seen + 1; size <= most; size++) if (matches(size)) return size
  return -1
}

/** As {@link leastOfAll} when a match in some bytes is one in any more. */
function leastByHalving(matches: (size: number) => boolean, seen: number, most: number): number {
  if (most <= seen || !matches(most)) return -1
  let [without, within] = [seen, most]
  while (within - without > 1) {
    const middle = (without + within) >>> 1
    if (matches(middle)) within = middle
    else without = middle
  }
  return within
}
