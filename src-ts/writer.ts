// The writing half of a client: what is written in one tick leaves together. Knows no reads.

import { onAbort } from './aborts'
import { Failure, type NativeFailure } from './errors'
import type { Link } from './link'
import { collect, environment, hot, markUnsent, onUnsent, release, reserve } from './mailbox'
import { native } from './native'
import { begin, pending, type Ticket } from './operation'
import type { WaitOptions } from './options'
import { emptyOutgoing, Group, LARGEST_COPIED, type Part, partBytes } from './outgoing'
import type { Wait } from './reader'
import * as check from './validate'

/** The writers with something to send at the end of this tick. */
let dirty: Writer[] = []

onUnsent(() => {
  if (dirty.length === 0) return
  const writers = dirty
  dirty = []
  for (const writer of writers) writer.flush()
  if (dirty.length === 0) emptyOutgoing()
})

export class Writer {
  /** This tick's writes, in order. */
  #groups: Group[] = []
  /** The last of them, while further writes may join it. */
  #open: Group | null = null
  #promise: Promise<void> | null = null
  #ended = false
  /** Closed or reset: there is nothing left to wait for. */
  #gone = false

  constructor(
    readonly link: Link,
    readonly timeout: number
  ) {}

  write(data: unknown, given?: WaitOptions): Promise<void> {
    const group = this.join(data, given)
    if (group !== this.#open) return this.#settled(group)
    this.#promise ??= this.#settled(group)
    return this.#promise
  }

  #settled(group: Group): Promise<void> {
    return group.ended.then(() => {
      if (group.failure !== undefined) throw this.link.error(group.failure)
      this.link.lastError = null
    })
  }

  /** Puts `data` into this tick's writes. The group ends, with a failure or without, when it has left. */
  join(data: unknown, given: WaitOptions | undefined, ticket?: Ticket): Group {
    const content = contentOf(data)
    let group = this.#open
    // A large write may take long, and small ones need not wait for it to know that they have left.
    if (given !== undefined || content.length > LARGEST_COPIED) group = this.#begin(given ?? {})
    else if (group === null) group = this.#begin(undefined)
    const { failure } = group
    if (failure === undefined) {
      group.add(content)
      if (ticket !== undefined) group.dependOn(ticket)
    } else {
      ticket?.operation?.cancel(() => failure)
    }
    return group
  }

  /** A group of its own for a write with options; else one that the next writes join. */
  #begin(given: WaitOptions | undefined): Group {
    const { timeout, signal } = this.#wait(given)
    const group = new Group(timeout, signal)
    const refused = this.refused(signal)
    if (refused !== undefined) {
      group.end(refused)
      return group
    }
    if (this.#groups.length === 0) {
      if (dirty.length === 0) markUnsent()
      dirty.push(this)
    }
    this.#groups.push(group)
    // What is written next must not be sent before it.
    this.#open = given === undefined ? group : null
    this.#promise = null
    if (signal !== undefined) this.#abortable(group, signal)
    return group
  }

  /** Why nothing can be written now, if so. */
  refused(signal: AbortSignal | undefined): Failure | undefined {
    if (this.link.closed) return this.link.closedFailure('write')
    if (this.#ended) {
      const details = { code: 'ERR_STREAM_WRITE_AFTER_END', phase: 'write', bytesWritten: 0 } as const
      return new Failure('write after end()', details)
    }
    return signal?.aborted ? Failure.aborted(signal, 'write', 0) : undefined
  }

  /** Until the tick's end an aborted write has not begun. */
  #abortable(group: Group, signal: AbortSignal): void {
    const abort = (): void => {
      const at = this.#groups.indexOf(group)
      if (at < 0) return
      this.#groups.splice(at, 1)
      group.end(Failure.aborted(signal, 'write', 0))
    }
    group.ended.then(onAbort(signal, abort))
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
      for (const group of groups) group.end(failure)
      return
    }
    let left = taken
    for (const group of groups) {
      if (left >= group.length) group.end(undefined)
      else this.#queue(group, left)
      left = Math.max(0, left - group.length)
    }
  }

  #send(groups: readonly Group[]): number | NativeFailure {
    const { token } = this.link
    const parts = groups.length === 1 ? (groups[0] as Group).parts : groups.flatMap((group) => group.parts)
    const first = parts[0]
    if (first === undefined) return 0
    const result =
      parts.length === 1 && first.bytes === null
        ? hot.sendSmall(token, first.start, first.length)
        : native.send(environment, token, parts.map(partBytes))
    return result as number | NativeFailure
  }

  /** The system takes no more now: what follows the first `taken` bytes waits in native code. */
  async #queue(group: Group, taken: number): Promise<void> {
    let before = 0
    const waiting: Promise<Failure | undefined>[] = []
    for (const part of group.parts) {
      const skipped = Math.min(Math.max(taken - before, 0), part.length)
      if (skipped < part.length) waiting.push(this.#queuePart(group, part, skipped, before + skipped))
      before += part.length
    }
    group.end((await Promise.all(waiting)).find((failure) => failure !== undefined))
  }

  /** `before`: bytes of the group before those that wait; a failure counts from the group's first. */
  async #queuePart(
    { timeout, signal }: Group,
    part: Part,
    skipped: number,
    before: number
  ): Promise<Failure | undefined> {
    const { token } = this.link
    if (part.bytes !== null && part.bytes.length !== part.length) return taken(before)
    const rest = partBytes(part).subarray(skipped)
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
    if (signal?.aborted) throw this.link.error(Failure.aborted(signal, 'write'))
    this.#ended = true
    this.flush()
    const { token } = this.link
    const ending = begin(this.link, 'write', (op) => native.end(environment, token, op, timeout), nothing, signal)
    // It may have ended writes that were waiting: nothing else is sure to tell them.
    collect()
    await ending
  }

  /** Lets what was written leave, then closes. Several may wait; the first whose time is up ends it for all. */
  close(given?: WaitOptions): Promise<void> {
    // Checked before anything is closed, so that a wrong option leaves the connection as it was.
    const { timeout, signal } = this.#wait(given)
    if (this.#gone) return Promise.resolve()
    if (signal?.aborted) {
      this.destroy()
      return Promise.reject(this.link.error(Failure.aborted(signal, 'write')))
    }
    this.flush()
    const { token } = this.link
    const closing = begin(this.link, 'write', (op) => native.close(environment, token, op, timeout), nothing, signal)
    this.link.closed = true
    collect()
    return closing.finally(() => {
      this.#gone = true
    })
  }

  destroy(): void {
    const failure = this.link.closedFailure('write')
    for (const group of this.#take()) group.end(failure)
    this.link.closed = true
    this.#gone = true
    native.destroy(environment, this.link.token)
    collect()
  }

  #wait(given: WaitOptions | undefined): Wait {
    const { timeout, signal } = check.options(given)
    return {
      timeout: timeout === undefined ? this.timeout : check.milliseconds(timeout, 'options.timeout'),
      signal: signal === undefined ? undefined : check.signal(signal, 'options.signal')
    }
  }
}

/** Text as it is, or bytes. Small ones will be copied at once; so is memory that other threads may change. */
export function contentOf(data: unknown): string | Uint8Array {
  if (typeof data === 'string' || (data instanceof Uint8Array && data.length <= LARGEST_COPIED)) return data
  return check.stable(data, 'data')
}

/** What a write fails with whose memory was detached or resized while it waited. */
function taken(bytesWritten: number): Failure {
  const details = { code: 'ERR_INVALID_STATE', phase: 'write', bytesWritten } as const
  return new Failure('the memory to write was detached or resized while the write was waiting', details)
}

function nothing(): undefined {
  return undefined
}
