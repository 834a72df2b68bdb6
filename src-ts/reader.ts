// The reading half of a client: every kind of read of bytes, and lines and frames served from batches. Knows no writes.

import { Batch } from './batch'
import { type Codec, type LengthPrefix, type LineOptions, lengthPrefix } from './codecs'
import { Failure, type NativeFailure } from './errors'
import type { Link } from './link'
import { bytes, environment, hot, type Reason, why } from './mailbox'
import { native } from './native'
import { run, type Ticket } from './operation'
import type { WaitOptions } from './options'
import * as check from './validate'

/** Text (as UTF-8) or bytes. */
export type Marker = string | Uint8Array

export interface ReadOptions extends WaitOptions {
  /** The most bytes to take. Default 64 KiB */
  max?: number | undefined
}

export interface ReadUntilOptions extends WaitOptions {
  /** The most bytes before the marker. Default: the connection's `maxBuffer` */
  maxSize?: number | undefined
  /** Leave the marker at the end of the result. Default `true` */
  keepMarker?: boolean | undefined
}

export interface ReadLineOptions extends WaitOptions, LineOptions {
  /** The most bytes of a line before its marker. Default: the connection's `maxBuffer` */
  maxSize?: number | undefined
}

export interface ReadAllOptions extends WaitOptions {
  /** The most bytes to pile up. Default: the connection's `maxBuffer` */
  maxSize?: number | undefined
}

export interface ReadFrameOptions extends WaitOptions {
  /** How the payload's length is written before it */
  length: LengthPrefix
  /** The most bytes of a payload. Default: the connection's `maxBuffer` */
  maxSize?: number | undefined
}

export interface ReceiveOptions extends WaitOptions {
  /** The most bytes to take. Default: the connection's `maxBuffer` */
  maxSize?: number | undefined
  /** One marker or several; the one that ends first counts. Default: none */
  marker?: Marker | readonly Marker[] | undefined
  /** Leave the marker at the end of the data. Default `true` */
  keepMarker?: boolean | undefined
}

/** What {@link TcpClient.receive} got, and why no more. */
export interface Received {
  data: Buffer
  reason: Reason
}

/** What `wait` options come to. */
export interface Wait {
  timeout: number
  signal: AbortSignal | undefined
}

const DEFAULT_MAX = 64 * 1024
// From this size on a read fills memory of its own instead of taking a copy out of the buffer.
const FILL_FROM = 64 * 1024

export class Reader {
  /** Lines or frames that native code has handed out ahead of their calls. */
  #batch: Batch<unknown> | null = null
  /** The limit that its items were judged by. */
  #batchLimit = 0

  constructor(
    readonly link: Link,
    readonly timeout: number,
    readonly maxBuffer: number
  ) {}

  /** {@link read} without options. */
  readAny(): Promise<Buffer | null> {
    return this.#some(DEFAULT_MAX, this.timeout, undefined)
  }

  read(given: ReadOptions): Promise<Buffer | null> {
    const options = check.options(given)
    const { timeout, signal } = this.wait(options)
    const max = options.max === undefined ? DEFAULT_MAX : check.size(options.max, 'options.max')
    return this.#some(max, timeout, signal)
  }

  #some(max: number, timeout: number, signal: AbortSignal | undefined): Promise<Buffer | null> {
    const { token } = this.#only()
    return run(this.link, 'read', (op) => hot.readSome(token, op, max, timeout), bytesOrNull, signal)
  }

  readExactly(size: number, given?: WaitOptions, ticket?: Ticket): Promise<Buffer> {
    check.size(size, 'size', 0)
    const { timeout, signal } = this.wait(check.options(given))
    const { token } = this.#only()
    if (size >= FILL_FROM) {
      const memory = allocate(size)
      return this.#fill(memory, timeout, signal, ticket).then(() => memory)
    }
    return run(this.link, 'read', (op) => hot.readExactly(token, op, size, timeout), bytes, signal, ticket)
  }

  readInto(target: unknown, given?: WaitOptions): Promise<number> {
    const memory = check.bytes(target, 'target')
    check.size(memory.length, 'target.byteLength', 0)
    const { timeout, signal } = this.wait(check.options(given))
    this.#only()
    return this.#fill(memory, timeout, signal)
  }

  #fill(memory: Uint8Array, timeout: number, signal: AbortSignal | undefined, ticket?: Ticket): Promise<number> {
    const { token } = this.link
    const call = (op: number): unknown => native.readInto(environment, token, op, memory, memory.length, timeout)
    return run(this.link, 'read', call, asIs<number>, signal, ticket)
  }

  readUntil(wanted: unknown, given?: ReadUntilOptions, ticket?: Ticket): Promise<Buffer> {
    const list = check.markers(wanted, 'marker')
    const options = check.options(given)
    const { timeout, signal } = this.wait(options)
    const maxSize = this.maxSize(options.maxSize)
    const keep = options.keepMarker === undefined || check.flag(options.keepMarker, 'options.keepMarker')
    const { token } = this.#only()
    const call = (op: number): unknown => native.readUntil(environment, token, op, list, maxSize, keep, timeout)
    return run(this.link, 'read', call, bytes, signal, ticket)
  }

  readAll(given?: ReadAllOptions): Promise<Buffer> {
    const options = check.options(given)
    const { timeout, signal } = this.wait(options)
    const maxSize = this.maxSize(options.maxSize)
    const { token } = this.#only()
    return run(this.link, 'read', (op) => native.readAll(environment, token, op, maxSize, timeout), bytes, signal)
  }

  receive(given?: ReceiveOptions): Promise<Received> {
    const options = check.options(given)
    const { timeout, signal } = this.wait(options)
    const list = options.marker === undefined ? [] : check.markers(options.marker, 'options.marker')
    const maxSize = this.maxSize(options.maxSize)
    const keep = options.keepMarker === undefined || check.flag(options.keepMarker, 'options.keepMarker')
    const { token } = this.#only()
    const call = (op: number): unknown => native.receive(environment, token, op, list, maxSize, keep, timeout)
    const present = (value: unknown, at: number): Received => ({ data: bytes(value, at), reason: why(at) })
    return run(this.link, 'read', call, present, signal)
  }

  /** Bytes up to where `examiner` is content: it gives how many it takes, or −1 to see more. */
  readExamined(examiner: (bytes: Buffer) => number, maxSize: number, { timeout, signal }: Wait): Promise<Buffer> {
    const { token } = this.#only()
    const call = (op: number): unknown => native.readExamined(environment, token, op, examiner, maxSize, timeout)
    return run(this.link, 'read', call, bytes, signal)
  }

  /** The next line, or frame, if it is already there. */
  nextAhead(kind: Codec | LengthPrefix, maxSize: number): unknown {
    const batch = this.#ahead(kind, maxSize)
    return batch !== null && batch.left > 0 ? batch.next() : undefined
  }

  /** The batch that the next line comes from, if it is already there. */
  linesAhead(wanted: Codec, maxSize: number): Batch<string> | null {
    return this.#ahead(wanted, maxSize) as Batch<string> | null
  }

  /** What `serve` takes of a line and those behind it, at most `most`; the others are for later calls. `null` at the end. */
  async fetchLines<R>(
    kind: Codec,
    most: number,
    options: ReadLineOptions,
    serve: (batch: Batch<string>) => R,
    ticket?: Ticket
  ): Promise<R | null> {
    const { timeout, signal } = this.wait(options)
    const maxSize = this.maxSize(options.maxSize)
    const { token } = this.#only()
    // Of several malformed lines only the first may fail, so they are looked at one by one.
    const ask = kind.fatal ? 1 : most
    const call = (op: number): unknown => native.readLines(environment, token, op, kind.native, maxSize, ask, timeout)
    const present = (value: unknown, at: number): R | null => this.#serve(Batch.lines(kind, value, at), maxSize, serve)
    return run(this.link, 'read', call, present, signal, ticket)
  }

  framesAhead(length: LengthPrefix, maxSize: number): Batch<Buffer> | null {
    return this.#ahead(length, maxSize) as Batch<Buffer> | null
  }

  /** Items that were judged by another limit are judged anew. */
  #ahead(kind: unknown, maxSize: number): Batch<unknown> | null {
    const batch = this.#batch
    if (batch === null || batch.kind !== kind || this.#batchLimit !== maxSize) return null
    if (batch.left > 0) this.link.lastError = null
    return batch
  }

  /** As {@link fetchLines}, of frames. */
  async fetchFrames<R>(
    options: Partial<ReadFrameOptions>,
    most: number,
    serve: (batch: Batch<Buffer>) => R,
    ticket?: Ticket
  ): Promise<R | null> {
    const length = lengthPrefix(options.length)
    const { timeout, signal } = this.wait(options)
    const maxSize = this.maxSize(options.maxSize)
    const { token } = this.#only()
    const call = (op: number): unknown => native.readFrames(environment, token, op, length, maxSize, most, timeout)
    const present = (value: unknown, at: number): R | null =>
      this.#serve(Batch.frames(length, value, at), maxSize, serve)
    return run(this.link, 'read', call, present, signal, ticket)
  }

  // Before anything else runs: the next call would find the asker's own items in the batch.
  #serve<T, R>(batch: Batch<T> | null, maxSize: number, serve: (batch: Batch<T>) => R): R | null {
    this.#batch = batch
    this.#batchLimit = maxSize
    return batch === null ? null : serve(batch)
  }

  peek(most: number | undefined): Buffer {
    const count = most === undefined ? check.MAX_SIZE : check.size(most, 'n', 0)
    if (this.link.closed) throw this.link.error(this.link.closedFailure('read'))
    const { token } = this.#only()
    return native.peek(environment, token, count)
  }

  unread(data: Uint8Array): void {
    if (this.link.closed) throw this.link.error(this.link.closedFailure('read'))
    const { token } = this.#only()
    const failure = native.unread(environment, token, data)
    if (failure !== undefined) throw this.link.error(Failure.fromNative(failure as NativeFailure))
  }

  /** Gives unserved lines and frames back, so that the next call finds every unread byte in the buffer. */
  settleBatch(): void {
    const batch = this.#batch
    if (batch === null) return
    this.#batch = null
    if (batch.left > 0) native.giveBack(environment, this.link.token, batch.served)
  }

  #only(): Link {
    this.settleBatch()
    return this.link
  }

  wait(options: WaitOptions): Wait {
    const { timeout, signal } = options
    return {
      timeout: timeout === undefined ? this.timeout : check.milliseconds(timeout, 'options.timeout'),
      signal: signal === undefined ? undefined : check.signal(signal, 'options.signal')
    }
  }

  maxSize(value: number | undefined): number {
    return value === undefined ? this.maxBuffer : check.size(value, 'options.maxSize')
  }
}

function bytesOrNull(value: unknown, at: number): Buffer | null {
  return value === null ? null : bytes(value, at)
}

function asIs<T>(value: unknown): T {
  return value as T
}

function allocate(size: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(size)
  } catch (cause) {
    const message = `size: this system has no room for ${size} bytes`
    throw Object.assign(check.invalid('ERR_OUT_OF_RANGE', message), { cause })
  }
}
