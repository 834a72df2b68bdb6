// The writing half of a client: what is written in one tick leaves together. Knows no reads.

import { Failure, type NativeFailure } from './errors'
import type { Link } from './link'
import { collect, environment, hot, markUnsent, OUTGOING_SIZE, onUnsent, outgoing, release, reserve } from './mailbox'
import { native } from './native'
import { pending, run } from './operation'
import type { WaitOptions } from './options'
import * as check from './validate'

// Up to this size a write is copied: cheaper than a reference, and the caller may change its memory at once.
const LARGEST_COPIED = 8 * 1024

/** Bytes of a tick that lie together: in the tick's own memory from `start`, or in `bytes`. */
interface Part {
  start: number
  length: number
  readonly bytes: Uint8Array | null
}

/** Writes of a tick that share a promise: those without options of their own do. */
class Group {
  readonly parts: Part[] = []
  readonly outcome: Promise<Failure | undefined>
  resolve!: (failure: Failure | undefined) => void

  constructor(
    readonly timeout: number,
    readonly signal: AbortSignal | undefined
  ) {
    this.outcome = new Promise((resolve) => {
      this.resolve = resolve
    })
  }

  /** Takes over `data`: small pieces are copied into the tick's memory, if there is room. */
  add(data: string | Uint8Array): void {
    const room = Math.min(LARGEST_COPIED, OUTGOING_SIZE - used)
    // A UTF-16 unit makes at most three bytes of UTF-8.
    if (typeof data === 'string' ? data.length * 3 <= room : data.length <= room) return this.#copy(data)
    const bytes = typeof data === 'string' || data.length <= LARGEST_COPIED ? Buffer.from(data) : data
    this.parts.push({ start: 0, length: bytes.length, bytes })
  }

  #copy(data: string | Uint8Array): void {
    const start = used
    if (typeof data === 'string') {
      used += outgoing.write(data, used)
    } else {
      outgoing.set(data, used)
      used += data.length
    }
    const last = this.parts[this.parts.length - 1]
    if (last !== undefined && last.bytes === null && last.start + last.length === start) last.length += used - start
    else this.parts.push({ start, length: used - start, bytes: null })
  }
}

/** The writers with something to send at the end of this tick. */
let dirty: Writer[] = []
/** How much of the tick's memory is taken. */
let used = 0

onUnsent(() => {
  const writers = dirty
  dirty = []
  for (const writer of writers) writer.flush()
  if (dirty.length === 0) used = 0
})

export class Writer {
  /** This tick's writes, in order. */
  #groups: Group[] = []
  /** The last of them, while further writes may join it. */
  #open: Group | null = null
  #promise: Promise<void> | null = null
  #ended = false

  constructor(
    readonly link: Link,
    readonly timeout: number
  ) {}

  write(data: unknown, given?: WaitOptions): Promise<void> {
    const content = contentOf(data)
    const outcome = this.send(content, given)
    if (given !== undefined || this.#open === null) return this.#settled(outcome)
    this.#promise ??= this.#settled(outcome)
    return this.#promise
  }

  async #settled(outcome: Promise<Failure | undefined>): Promise<void> {
    const failure = await outcome
    if (failure !== undefined) throw this.link.error(failure)
    this.link.lastError = null
  }

  /** As {@link write}, but resolves the failure. */
  send(data: string | Uint8Array, given: WaitOptions | undefined): Promise<Failure | undefined> {
    const group = given === undefined ? this.#shared() : this.#own(given)
    if (group instanceof Failure) return Promise.resolve(group)
    group.add(data)
    return group.outcome
  }

  #shared(): Group | Failure {
    if (this.#open !== null) return this.#open
    const group = this.#join(this.timeout, undefined)
    if (group instanceof Group) this.#open = group
    return group
  }

  #own(given: WaitOptions): Group | Failure {
    const { timeout, signal } = this.#wait(given)
    const group = this.#join(timeout, signal)
    // What is written next must not be sent before it.
    this.#open = null
    this.#promise = null
    if (group instanceof Group && signal !== undefined) this.#abortable(group, signal)
    return group
  }

  #join(timeout: number, signal: AbortSignal | undefined): Group | Failure {
    if (this.link.closed) return this.link.closedFailure('write')
    if (this.#ended) {
      const details = { code: 'ERR_STREAM_WRITE_AFTER_END', phase: 'write', bytesWritten: 0 } as const
      return new Failure('write after end()', details)
    }
    if (signal?.aborted) return Failure.aborted(signal, 'write', 0)
    const group = new Group(timeout, signal)
    if (this.#groups.length === 0) {
      if (dirty.length === 0) markUnsent()
      dirty.push(this)
    }
    this.#groups.push(group)
    return group
  }

  /** Until the tick's end an aborted write has not begun. */
  #abortable(group: Group, signal: AbortSignal): void {
    const onAbort = (): void => {
      const at = this.#groups.indexOf(group)
      if (at < 0) return
      this.#groups.splice(at, 1)
      group.resolve(Failure.aborted(signal, 'write', 0))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    group.outcome.then(() => signal.removeEventListener('abort', onAbort))
  }

  #take(): Group[] {
    const groups = this.#groups
    this.#groups = []
    this.#open = null
    this.#promise = null
    return groups
  }

  /** Hands everything written so far to the system, in one call. */
  flush(): void {
    const groups = this.#take()
    if (groups.length === 0) return
    const taken = this.#send(groups)
    if (typeof taken !== 'number') {
      const failure = Failure.fromNative(taken)
      for (const group of groups) group.resolve(failure)
      return
    }
    let left = taken
    for (const group of groups) {
      const length = group.parts.reduce((sum, part) => sum + part.length, 0)
      if (left >= length) group.resolve(undefined)
      else this.#queue(group, left)
      left = Math.max(0, left - length)
    }
  }

  #send(groups: readonly Group[]): number | NativeFailure {
    const { token } = this.link
    const [first, ...others] = groups.length === 1 ? (groups[0] as Group).parts : groups.flatMap((group) => group.parts)
    if (first === undefined) return 0
    if (others.length === 0 && first.bytes === null) return hot.sendSmall(token, first.start, first.length) as number
    return native.send(environment, token, [first, ...others].map(content)) as number | NativeFailure
  }

  /** The system takes no more now: what follows the first `taken` bytes waits in native code. */
  async #queue(group: Group, taken: number): Promise<void> {
    let before = taken
    const waiting: Promise<Failure | undefined>[] = []
    for (const part of group.parts) {
      const skipped = Math.min(before, part.length)
      before -= skipped
      if (skipped < part.length) waiting.push(this.#queuePart(group, part, skipped))
    }
    const failure = (await Promise.all(waiting)).find((outcome) => outcome !== undefined)
    group.resolve(failure)
  }

  async #queuePart(group: Group, part: Part, skipped: number): Promise<Failure | undefined> {
    const { timeout, signal } = group
    const { token } = this.link
    // A failure counts from the first byte of the group.
    const before = group.parts.slice(0, group.parts.indexOf(part)).reduce((sum, { length }) => sum + length, skipped)
    const rest = content(part).subarray(skipped)
    const op = reserve()
    const failure = part.bytes
      ? native.queueLent(environment, token, op, rest, rest.length, before, timeout)
      : native.queueCopy(environment, token, op, rest, before, timeout)
    if (failure !== undefined) {
      release(op)
      return Failure.fromNative(failure as NativeFailure)
    }
    const operation = pending(this.link, 'write', op, nothing, signal)
    await operation.ended
    return operation.failure
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
    const failure = this.link.closedFailure('write')
    for (const group of this.#take()) group.resolve(failure)
    this.link.closed = true
    native.destroy(environment, this.link.token)
    collect()
  }

  #wait(given: WaitOptions | undefined): { timeout: number; signal: AbortSignal | undefined } {
    const { timeout, signal } = check.options(given)
    return {
      timeout: timeout === undefined ? this.timeout : check.milliseconds(timeout, 'options.timeout'),
      signal: signal === undefined ? undefined : check.signal(signal, 'options.signal')
    }
  }
}

/** Text as it is, or bytes. Small ones are copied at once, so that it does not matter whose memory they are in. */
export function contentOf(data: unknown): string | Uint8Array {
  if (typeof data === 'string' || (data instanceof Uint8Array && data.length <= LARGEST_COPIED)) return data
  return check.bytes(data, 'data')
}

function content(part: Part): Uint8Array {
  return part.bytes ?? outgoing.subarray(part.start, part.start + part.length)
}

function nothing(): undefined {
  return undefined
}
