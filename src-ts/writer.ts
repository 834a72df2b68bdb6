// The writing half of a client: what is written in one tick leaves together. Knows no reads.

import { Failure, type NativeFailure } from './errors'
import type { Link } from './link'
import { collect, environment, OUTGOING_SIZE, outgoing, release, reserve } from './mailbox'
import { native } from './native'
import { pending, run } from './operation'
import type { WaitOptions } from './options'
import * as check from './validate'

// Up to this size a write is copied: cheaper than a reference, and the caller may change its memory at once.
const LARGEST_COPIED = 8 * 1024

/** One write until the tick's end. */
interface Entry {
  /** Where its copy lies in the tick's memory, or −1 when `bytes` holds it */
  start: number
  length: number
  bytes: Uint8Array | null
  timeout: number
  signal: AbortSignal | undefined
  resolve(outcome: Failure | undefined): void
}

/** The writers with something to send at the end of this tick. */
let dirty: Writer[] = []
let used = 0

function flushAll(): void {
  const writers = dirty
  dirty = []
  for (const writer of writers) writer.flush()
  used = 0
}

export class Writer {
  #entries: Entry[] = []
  #ended = false

  constructor(
    readonly link: Link,
    readonly timeout: number
  ) {}

  async write(data: unknown, given?: WaitOptions): Promise<void> {
    const content = typeof data === 'string' ? data : check.data(data, 'data')
    const failure = await this.send(content, given)
    if (failure !== undefined) throw this.link.error(failure)
    this.link.lastError = null
  }

  /** As {@link write}, but resolves the failure. */
  send(data: string | Uint8Array, given: WaitOptions | undefined): Promise<Failure | undefined> {
    const { timeout, signal } = this.#wait(given)
    return new Promise((resolve) => {
      const refused = this.#refused(signal)
      if (refused) return resolve(refused)
      const entry: Entry = { start: -1, length: 0, bytes: null, timeout, signal, resolve }
      store(entry, data)
      if (signal) this.#abortable(entry, signal)
      if (this.#entries.length === 0) {
        if (dirty.length === 0) process.nextTick(flushAll)
        dirty.push(this)
      }
      this.#entries.push(entry)
    })
  }

  #refused(signal: AbortSignal | undefined): Failure | undefined {
    if (this.link.closed) return this.link.closedFailure('write')
    if (this.#ended) {
      const details = { code: 'ERR_STREAM_WRITE_AFTER_END', phase: 'write', bytesWritten: 0 } as const
      return new Failure('write after end()', details)
    }
    return signal?.aborted ? Failure.aborted(signal, 'write', 0) : undefined
  }

  /** Until the tick's end an aborted write has not begun. */
  #abortable(entry: Entry, signal: AbortSignal): void {
    const onAbort = (): void => {
      const at = this.#entries.indexOf(entry)
      if (at < 0) return
      this.#entries.splice(at, 1)
      entry.resolve(Failure.aborted(signal, 'write', 0))
    }
    const { resolve } = entry
    entry.resolve = (outcome) => {
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  }

  /** Hands everything written so far to the system, in one call. */
  flush(): void {
    const entries = this.#entries
    if (entries.length === 0) return
    this.#entries = []
    const taken = this.#send(entries)
    if (typeof taken !== 'number') {
      const failure = Failure.fromNative(taken)
      for (const entry of entries) entry.resolve(failure)
      return
    }
    let left = taken
    for (const entry of entries) {
      if (left >= entry.length) entry.resolve(undefined)
      else this.#queue(entry, left)
      left = Math.max(0, left - entry.length)
    }
  }

  #send(entries: readonly Entry[]): number | NativeFailure {
    const { token } = this.link
    const length = together(entries)
    const result =
      length < 0
        ? native.send(environment, token, entries.map(content))
        : native.sendSmall(environment, token, (entries[0] as Entry).start, length)
    return result as number | NativeFailure
  }

  /** The system takes no more now: the rest waits in native code. */
  async #queue(entry: Entry, before: number): Promise<void> {
    const { timeout, signal } = entry
    const rest = content(entry).subarray(before)
    const { token } = this.link
    const op = reserve()
    const failure = entry.bytes
      ? native.queueLent(environment, token, op, rest, rest.length, before, timeout)
      : native.queueCopy(environment, token, op, rest, before, timeout)
    if (failure !== undefined) {
      release(op)
      return entry.resolve(Failure.fromNative(failure as NativeFailure))
    }
    const outcome = await pending<undefined>(this.link, 'write', op, nothing, signal)
    entry.resolve(outcome)
  }

  async end(given?: WaitOptions): Promise<void> {
    const { timeout, signal } = this.#wait(given)
    if (this.link.closed) throw this.link.error(this.link.closedFailure('write'))
    this.#ended = true
    this.flush()
    const { token } = this.link
    await run(this.link, 'write', (op) => native.end(environment, token, op, timeout), nothing, signal)
  }

  /** Lets what was written leave, then closes. */
  async close(given?: WaitOptions): Promise<void> {
    const { timeout, signal } = this.#wait(given)
    this.flush()
    const { token } = this.link
    const closing = run(this.link, 'write', (op) => native.close(environment, token, op, timeout), nothing, signal)
    this.link.closed = true
    collect()
    await closing
  }

  destroy(): void {
    if (!this.link.closed || this.#entries.length > 0) {
      const failure = this.link.closedFailure('write')
      for (const entry of this.#entries.splice(0)) entry.resolve(failure)
    }
    this.link.closed = true
    native.destroy(environment, this.link.token)
    collect()
  }

  #wait(given: WaitOptions | undefined): { timeout: number; signal: AbortSignal | undefined } {
    if (given === undefined) return { timeout: this.timeout, signal: undefined }
    const { timeout, signal } = check.options(given)
    return {
      timeout: timeout === undefined ? this.timeout : check.milliseconds(timeout, 'options.timeout'),
      signal: signal === undefined ? undefined : check.signal(signal, 'options.signal')
    }
  }
}

/** Puts the content where `content` finds it: small ones into the tick's memory, if there is room. */
function store(entry: Entry, data: string | Uint8Array): void {
  if (typeof data === 'string') {
    // A UTF-16 unit makes at most three bytes of UTF-8.
    if (data.length * 3 <= Math.min(LARGEST_COPIED, OUTGOING_SIZE - used)) {
      entry.start = used
      entry.length = outgoing.write(data, used)
      used += entry.length
      return
    }
    entry.bytes = Buffer.from(data)
    entry.length = entry.bytes.length
    return
  }
  entry.length = data.length
  if (data.length <= Math.min(LARGEST_COPIED, OUTGOING_SIZE - used)) {
    outgoing.set(data, used)
    entry.start = used
    used += data.length
    return
  }
  entry.bytes = data.length <= LARGEST_COPIED ? Buffer.from(data) : data
}

function content(entry: Entry): Uint8Array {
  return entry.bytes ?? outgoing.subarray(entry.start, entry.start + entry.length)
}

/** The length of entries that lie one after the other in the tick's memory, or −1. */
function together(entries: readonly Entry[]): number {
  let length = 0
  const { start } = entries[0] as Entry
  for (const entry of entries) {
    if (entry.bytes !== null || entry.start !== start + length) return -1
    length += entry.length
  }
  return length
}

function nothing(): undefined {
  return undefined
}
