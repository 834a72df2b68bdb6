// The public class: every call of a connection, thin over its reader and writer. Knows no native calls but those that describe.

import type { NativeDescription, NativeTlsDescription } from './binding'
import { type TlsInfo, tlsInfo } from './certificates'
import { encodeLine, type LengthPrefix, lengthPrefix } from './codecs'
import { type Attempt, attemptFromNative, type TcpError } from './errors'
import { type Expected, type ExpectOptions, expect, type Pattern } from './expect'
import type { Link } from './link'
import { environment } from './mailbox'
import { native } from './native'
import { promised } from './operation'
import type { Address, ConnectOptions, Settings, WaitOptions } from './options'
import {
  type Marker,
  type ReadAllOptions,
  Reader,
  type ReadFrameOptions,
  type ReadLineOptions,
  type ReadOptions,
  type ReadUntilOptions,
  type Received,
  type ReceiveOptions
} from './reader'
import { type How, request } from './request'
import { type Sequence, Sequences } from './sequences'
import { type StartTlsOptions, startTls } from './upgrade'
import * as check from './validate'
import { Writer } from './writer'

/** Options of {@link TcpClient.writeLine}. */
export interface WriteLineOptions extends WaitOptions {
  /** As in {@link LineOptions}. Default `'utf8'` */
  encoding?: string | undefined
  /** Written after the text. Default `'\n'` */
  marker?: string | undefined
}

/** Options of {@link TcpClient.writeFrame}. */
export interface WriteFrameOptions extends WaitOptions {
  /** How the length is written before the data */
  length: LengthPrefix
}

/** Milliseconds that the parts of the dial took; `null` for a part that was not needed. */
export interface Timings {
  lookup: number | null
  connect: number
  proxy: number | null
  tls: number | null
}

const OWN = Symbol('only connect() makes clients')

/**
 * A TCP connection that is read by pulling: every read, whatever its kind, takes its bytes from the front of one buffer, in
 * call order, and a read that fails by timeout, abort or limit takes none.
 *
 * Made by {@link connect}. All errors are {@link TcpError}s, but for arguments that break a rule: those are `TypeError`s and
 * `RangeError`s with Node's codes, before any I/O.
 */
export class TcpClient {
  /** The same function as {@link connect} */
  static connect: (address: Address, options?: ConnectOptions) => Promise<TcpClient>

  readonly #link: Link
  readonly #reader: Reader
  readonly #sequences: Sequences
  readonly #writer: Writer
  #description: NativeDescription | null = null
  #tls: TlsInfo | null = null

  /** @internal */
  constructor(own: symbol, link: Link, settings: Settings) {
    if (own !== OWN) throw check.invalid('ERR_INVALID_ARG_VALUE', 'a TcpClient is made by connect()')
    this.#link = link
    this.#reader = new Reader(link, settings.readTimeout, settings.maxBuffer)
    this.#sequences = new Sequences(this.#reader)
    this.#writer = new Writer(link, settings.writeTimeout)
  }

  /** What is there, at least one byte and at most `max`; `null` at the end of the stream. */
  read(options?: ReadOptions): Promise<Buffer | null> {
    return options === undefined ? this.#reader.readAny() : promised(() => this.#reader.read(options))
  }

  /**
   * Exactly `size` bytes, 0 to 2 GiB − 1; on 32 bits to 1 GiB − 1.
   *
   * Rejects with `ERR_UNEXPECTED_END` when the stream ends before; what came stays readable.
   */
  readExactly(size: number, options?: WaitOptions): Promise<Buffer> {
    return promised(() => this.#reader.readExactly(size, options))
  }

  /**
   * Fills `target` without a copy in between and resolves its length in bytes. Its memory is the connection's until then.
   *
   * Rejects with `ERR_UNEXPECTED_END` when the stream ends before; what came stays readable.
   */
  readInto(target: NodeJS.ArrayBufferView | ArrayBuffer, options?: WaitOptions): Promise<number> {
    return promised(() => this.#reader.readInto(target, options))
  }

  /**
   * The bytes up to the first marker, one of several or the only one. The one that ends first counts; of several that end
   * together, the longest.
   *
   * Rejects with `ERR_LIMIT` when more than `maxSize` bytes come before it, with `ERR_UNEXPECTED_END` when it does not come.
   */
  readUntil(marker: Marker | readonly Marker[], options?: ReadUntilOptions): Promise<Buffer> {
    return promised(() => this.#reader.readUntil(marker, options))
  }

  /**
   * The next line, decoded. The unfinished rest before the end of the stream is a line too; after it comes `null`.
   *
   * Rejects with `ERR_LIMIT` when a line has more than `maxSize` bytes.
   */
  async readLine(options?: ReadLineOptions): Promise<string | null> {
    return this.#sequences.lineAhead(options) ?? this.#sequences.readLine(options)
  }

  /** Everything to the end of the stream. Rejects with `ERR_LIMIT` when that is more than `maxSize` bytes. */
  readAll(options?: ReadAllOptions): Promise<Buffer> {
    return promised(() => this.#reader.readAll(options))
  }

  /**
   * The payload of the next frame: its length first, then as many bytes. `null` when the stream ends between frames.
   *
   * Rejects with `ERR_LIMIT` when the length is above `maxSize`, with `ERR_UNEXPECTED_END` when the stream ends inside.
   */
  readFrame(options: ReadFrameOptions): Promise<Buffer | null> {
    return promised(() => this.#sequences.readFrame(options))
  }

  /** Whatever comes before the first of marker, size, time and end, and which of them it was. Takes what it gives. */
  receive(options?: ReceiveOptions): Promise<Received> {
    return promised(() => this.#reader.receive(options))
  }

  /**
   * Writes `data`, then reads one answer by `how`. Several at a time are answered in order, as their calls were.
   *
   * `timeout` and `signal` in `how` are for both together.
   */
  request(data: string | Uint8Array, how: How & { line: true }): Promise<string | null>
  request(data: string | Uint8Array, how: How & { frame: LengthPrefix }): Promise<Buffer | null>
  request(data: string | Uint8Array, how: How): Promise<Buffer>
  request(data: string | Uint8Array, how: How): Promise<Buffer | string | null> {
    return promised(() => request(this.#reader, this.#sequences, this.#writer, data, how))
  }

  /**
   * Waits for the first of several patterns and takes everything up to its end. The result does not depend on the chunks the
   * text comes in: a pattern counts from the byte that completes it, so `/a+/` matches one `a`.
   *
   * A rejection shows the end of what was looked through. Patterns with `$`, `\b` or a look-ahead are tried at every byte,
   * in time quadratic in what stays unmatched; all others in time linear in it for each chunk.
   */
  expect(patterns: Pattern | readonly Pattern[], options?: ExpectOptions): Promise<Expected> {
    return promised(() => expect(this.#reader, patterns, options))
  }

  /** The lines to the end of the stream. Leaving the loop leaves the rest readable. */
  lines(options?: ReadLineOptions): Sequence<string> {
    return this.#sequences.lines(options)
  }

  /** The frames to the end of the stream. Leaving the loop leaves the rest readable. */
  frames(options: ReadFrameOptions): Sequence<Buffer> {
    return this.#sequences.frames(options)
  }

  /** The bytes as they come, to the end of the stream. Leaving the loop leaves the rest readable. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    const reader = this.#reader
    return {
      async next() {
        const value = await reader.readAny()
        return value === null ? { value: undefined, done: true } : { value, done: false }
      },
      async return() {
        return { value: undefined, done: true }
      },
      [Symbol.asyncIterator]() {
        return this
      }
    }
  }

  /** A copy of the first `n` buffered bytes, or of all; they stay. Never waits, so it may be shorter. */
  peek(n?: number): Buffer {
    return this.#reader.peek(n)
  }

  /** Puts `data` before everything that is still to be read. Throws `ERR_INVALID_STATE` while a read is waiting. */
  unread(data: string | Uint8Array): void {
    this.#reader.unread(check.data(data, 'data'))
  }

  /**
   * Writes all of `data` (text as UTF-8); resolves once the system has it. The writes of one tick leave together and, unless
   * they are large or have options of their own, end together: awaiting the last of them is enough.
   *
   * A failure has `bytesWritten`, counted from the first of the writes that end together; a write given up in its middle
   * takes those queued behind it with it (`ECANCELED`). Data of more than 8 KiB is not copied: leave its memory as it is
   * until then.
   */
  write(data: string | Uint8Array, options?: WaitOptions): Promise<void> {
    return promised(() => this.#writer.write(data, options))
  }

  /** Writes `text` and the marker in an encoding. Rejects before any I/O when a character does not exist in it; `latin1`, `binary`
   * and `ascii` keep the low byte of each unit, as Node does. With `hex` or `base64` the text stands for bytes. */
  async writeLine(text: string, options?: WriteLineOptions): Promise<void> {
    const { encoding = 'utf8', marker = '\n' } = check.options(options)
    check.text(encoding, 'options.encoding')
    const line = encodeLine(check.text(text, 'text'), check.text(marker, 'options.marker'), encoding)
    return this.#writer.write(line, options)
  }

  /** Writes the length of `data`, then `data`. Throws before any I/O when the prefix cannot say the length. */
  async writeFrame(data: string | Uint8Array, options: WriteFrameOptions): Promise<void> {
    const content = check.data(data, 'data')
    const length = lengthPrefix(check.options(options).length)
    const header = native.frameHeader(length, content.length)
    if (header === null) {
      throw check.invalid('ERR_OUT_OF_RANGE', `data has ${content.length} bytes, more than ${length} can say`)
    }
    return this.#writer.write(Buffer.concat([header, content]), options)
  }

  /**
   * Makes this connection a TLS connection (STARTTLS), once the protocol on it has agreed to that. Reads and writes called
   * meanwhile wait for it.
   *
   * Rejects with `ERR_PLAINTEXT_BUFFERED` while plaintext is unread, with `ERR_INVALID_STATE` while a read or write waits: the
   * connection goes on. A handshake that fails, by its `timeout` or `signal` too, leaves nothing that could be read or written.
   */
  startTls(options?: StartTlsOptions): Promise<void> {
    return startTls(this.#link, this.#reader, this.#writer, options)
  }

  /** Half-closes (over TLS: sends close_notify) once everything written has left; reading goes on. Safe to repeat. */
  end(options?: WaitOptions): Promise<void> {
    return promised(() => this.#writer.end(options))
  }

  /**
   * Lets everything written leave, then closes; pending reads reject with `ERR_CLOSED`, as does every later call. Waits as
   * long as the peer takes nothing: a `timeout` or `signal` resets the connection in the end. Safe to repeat, also in more of
   * a hurry.
   */
  close(options?: WaitOptions): Promise<void> {
    this.#reader.settleBatch()
    return promised(() => this.#writer.close(options))
  }

  /** Resets the connection now: what was not sent is lost, all that is pending rejects with `ERR_CLOSED`. Safe to repeat. */
  destroy(): void {
    this.#reader.settleBatch()
    this.#writer.destroy()
  }

  /** {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The IP address of the peer */
  get remoteAddress(): string {
    return this.#describe().remoteAddress
  }

  get remotePort(): number {
    return this.#describe().remotePort
  }

  get remoteFamily(): 'IPv4' | 'IPv6' {
    return this.#describe().remoteFamily === 6 ? 'IPv6' : 'IPv4'
  }

  get localAddress(): string {
    return this.#describe().localAddress
  }

  get localPort(): number {
    return this.#describe().localPort
  }

  /** Bytes that have come so far, read by a call or not; over TLS what they say, not what carried it */
  get bytesRead(): number {
    return native.counters(environment, this.#link.token)[0] as number
  }

  /** Bytes that the system has taken so far, counted in the same way */
  get bytesWritten(): number {
    return native.counters(environment, this.#link.token)[1] as number
  }

  /** Bytes that can be read without waiting for the peer */
  get buffered(): number {
    this.#reader.settleBatch()
    return native.counters(environment, this.#link.token)[2] as number
  }

  /** Whether `close` or `destroy` was called. Says nothing about the peer: only reading tells its end */
  get closed(): boolean {
    return this.#link.closed
  }

  /** Whether what is sent is encrypted */
  get encrypted(): boolean {
    return this.#link.encrypted
  }

  /** What the TLS handshake agreed on, and with whom; `null` on a plain connection */
  get tls(): TlsInfo | null {
    if (!this.encrypted) return null
    this.#tls ??= tlsInfo(native.describeTls(environment, this.#link.token) as NativeTlsDescription)
    return this.#tls
  }

  get timings(): Timings {
    const description = native.describe(environment, this.#link.token) as NativeDescription
    const { lookup = null, connect, proxy = null, tls = null } = description
    return { lookup, connect, proxy, tls }
  }

  /** Every address that was dialled, in order of their starts */
  get attempts(): Attempt[] {
    return this.#describe().attempts.map((attempt) => attemptFromNative(attempt))
  }

  /** The error of the last call, or `null` when it succeeded */
  get lastError(): TcpError | null {
    return this.#link.lastError
  }

  #describe(): NativeDescription {
    this.#description ??= native.describe(environment, this.#link.token) as NativeDescription
    return this.#description
  }
}

/** Over a connection that a dial has made. */
export function makeClient(link: Link, settings: Settings): TcpClient {
  return new TcpClient(OWN, link, settings)
}
