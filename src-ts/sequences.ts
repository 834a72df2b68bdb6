// Lines and frames one after the other, as calls and as async iterators, over a reader's batches. Knows no native calls.

import { type Batch, MOST_FRAMES, MOST_LINES } from './batch'
import { type Codec, codec, lengthPrefix } from './codecs'
import type { Ticket } from './operation'
import type { Reader, ReadFrameOptions, ReadLineOptions } from './reader'
import * as check from './validate'

/** An async iterator that leaves the connection open: after a `break` the rest can be read on. */
export interface Sequence<T> extends AsyncIterableIterator<T> {
  /** The same items in arrays of as many as have come, at least one: the fastest way to read them */
  batches(): AsyncIterableIterator<T[]>
}

/** The two ways in which lines and frames differ. */
interface Source<T> {
  /** The next item, if it is already there. */
  take(): T | undefined
  /** The batch it would come from. */
  ahead(): Batch<T> | null
  fetch<R>(most: number, serve: (batch: Batch<T>) => R, ticket?: Ticket): Promise<R | null>
  readonly most: number
}

/**
 * Serves single calls from batches. The batches grow 1, 2, 4, … while only calls of one kind come, so that a program
 * that mixes kinds never decodes more than twice what it uses.
 */
class Growing {
  #kind: unknown
  #most = 1

  async next<T>(kind: unknown, source: Source<T>, ticket?: Ticket): Promise<T | null> {
    const ahead = source.ahead()
    if (ahead !== null && ahead.left > 0) return ahead.next()
    // A batch of this kind that has been used up means that nothing else was read since.
    this.#most = kind === this.#kind && ahead !== null ? Math.min(this.#most * 2, source.most) : 1
    this.#kind = kind
    return source.fetch(this.#most, next, ticket)
  }
}

/** {@link Reader}'s lines and frames. */
export class Sequences {
  readonly #reader: Reader
  readonly #growing = new Growing()
  /** How lines are read without options */
  readonly #plain = codec({})

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** The next line, if it is there and there is nothing else to look at; else `undefined`. */
  lineAhead(given: ReadLineOptions | undefined): string | undefined {
    if (given === undefined) return this.#reader.nextAhead(this.#plain, this.#reader.maxBuffer) as string | undefined
    const options = check.options(given)
    if (options.signal !== undefined || options.timeout !== undefined) return undefined
    return this.#reader.nextAhead(codec(options), this.#reader.maxSize(options.maxSize)) as string | undefined
  }

  readLine(given: ReadLineOptions | undefined, ticket?: Ticket): Promise<string | null> {
    const source = this.#lines(given)
    return this.#growing.next(source.kind, source, ticket)
  }

  readFrame(given: ReadFrameOptions, ticket?: Ticket): Promise<Buffer | null> {
    const source = this.#frames(given)
    return this.#growing.next(source.kind, source, ticket)
  }

  lines(given: ReadLineOptions | undefined): Sequence<string> {
    return sequence(this.#lines(given))
  }

  frames(given: ReadFrameOptions): Sequence<Buffer> {
    return sequence(this.#frames(given))
  }

  #lines(given: ReadLineOptions | undefined): Source<string> & { kind: Codec } {
    const reader = this.#reader
    const options = check.options(given)
    const kind = codec(options)
    const { signal } = reader.wait(options)
    const maxSize = reader.maxSize(options.maxSize)
    return {
      kind,
      most: MOST_LINES,
      take: () => (signal?.aborted ? undefined : (reader.nextAhead(kind, maxSize) as string | undefined)),
      ahead: () => (signal?.aborted ? null : reader.linesAhead(kind, maxSize)),
      fetch: (most, serve, ticket) => reader.fetchLines(kind, most, options, serve, ticket)
    }
  }

  #frames(given: ReadFrameOptions): Source<Buffer> & { kind: string } {
    const reader = this.#reader
    const options = check.options(given)
    const kind = lengthPrefix(options.length)
    const { signal } = reader.wait(options)
    const maxSize = reader.maxSize(options.maxSize)
    return {
      kind,
      most: MOST_FRAMES,
      take: () => (signal?.aborted ? undefined : (reader.nextAhead(kind, maxSize) as Buffer | undefined)),
      ahead: () => (signal?.aborted ? null : reader.framesAhead(kind, maxSize)),
      fetch: (most, serve, ticket) => reader.fetchFrames(options, most, serve, ticket)
    }
  }
}

function sequence<T>(source: Source<T>): Sequence<T> {
  return {
    next() {
      const item = source.take()
      return item !== undefined ? served(item) : fetched(source)
    },
    return: ended,
    batches: () => batches(source),
    [Symbol.asyncIterator]() {
      return this
    }
  }
}

// Two functions, because one without an `await` in it is much cheaper to call.
async function served<T>(value: T): Promise<IteratorResult<T, undefined>> {
  return { value, done: false }
}

async function fetched<T>(source: Source<T>): Promise<IteratorResult<T, undefined>> {
  const value = await source.fetch(source.most, next)
  return value === null ? { value: undefined, done: true } : { value, done: false }
}

function batches<T>(source: Source<T>): AsyncIterableIterator<T[]> {
  return {
    async next() {
      const ahead = source.ahead()
      const value = ahead !== null && ahead.left > 0 ? ahead.rest() : await source.fetch(source.most, rest)
      return value === null ? { value: undefined, done: true } : { value, done: false }
    },
    return: ended,
    [Symbol.asyncIterator]() {
      return this
    }
  }
}

function next<T>(batch: Batch<T>): T {
  return batch.next()
}

function rest<T>(batch: Batch<T>): T[] {
  return batch.rest()
}

async function ended(): Promise<{ value: undefined; done: true }> {
  return { value: undefined, done: true }
}
