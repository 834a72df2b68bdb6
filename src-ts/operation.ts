// One operation from its call to its end: answered at once, or waiting with a deadline and a signal. Knows no operation's meaning.

import { onAbort } from './aborts'
import { Failure, type NativeFailure, type Phase } from './errors'
import type { Link } from './link'
import { collect, DIRECT, environment, failed, isWaiting, release, reserve, type Waiting, wait } from './mailbox'
import { native } from './native'

/** Makes the caller's value of a native one; called while the mailbox still holds the extras at `at`. */
export type Present<T> = (value: unknown, at: number) => T

/**
 * An operation that waits. Its promise says only that it has ended: resolving one with an object would cost a search for
 * `then` in all its prototypes.
 */
export class Pending<T> implements Waiting {
  readonly ended: Promise<void>
  value: T | undefined = undefined
  failure: Failure | undefined = undefined
  #end!: () => void

  constructor(
    readonly link: Link,
    readonly op: number,
    readonly present: Present<T>
  ) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  settle(value: unknown, at: number): void {
    if (value instanceof Failure) this.failure = value
    else this.value = this.present(value, at)
    this.#end()
  }

  /**
   * What the caller gets. The error is made in a reaction to the end, so that its stack goes on with the caller's `await`s.
   */
  result(): Promise<T> {
    return this.ended.then(() => {
      if (this.failure !== undefined) throw this.link.error(this.failure)
      this.link.lastError = null
      return this.value as T
    })
  }

  /** Makes it fail with what is made of the bytes it had written; too late once it has ended. */
  cancel(why: (bytesWritten: number) => Failure): void {
    // Its number may be another operation's by now.
    if (!isWaiting(this.op, this)) return
    const written = native.cancel(environment, this.link.token, this.op)
    // Below 0 it has ended already; its outcome is on the way.
    if (written < 0) return
    release(this.op)
    this.settle(why(written), DIRECT)
    collect()
  }
}

/** A read that has nothing to wait for when the write before it fails. */
export interface Ticket {
  operation: Pending<unknown> | null
}

/** Makes a native call under an operation's number and gives what it comes to. `ticket` is given the operation if it waits. */
export function run<T>(
  link: Link,
  phase: 'read' | 'write',
  call: (op: number) => unknown,
  present: Present<T>,
  signal?: AbortSignal,
  ticket?: Ticket
): Promise<T> {
  if (link.closed) return Promise.reject(link.error(link.closedFailure(phase)))
  return begin(link, phase, call, present, signal, ticket)
}

/** {@link run}, on a connection in any state. */
export function begin<T>(
  link: Link,
  phase: Phase,
  call: (op: number) => unknown,
  present: Present<T>,
  signal?: AbortSignal,
  ticket?: Ticket
): Promise<T> {
  if (signal?.aborted) return Promise.reject(link.error(Failure.aborted(signal, phase)))
  const op = reserve()
  const value = call(op)
  if (value !== undefined) {
    release(op)
    if (failed()) return Promise.reject(link.error(Failure.fromNative(value as NativeFailure)))
    link.lastError = null
    return Promise.resolve(present(value, DIRECT))
  }
  const operation = pending(link, phase, op, present, signal)
  if (ticket !== undefined) ticket.operation = operation as Pending<unknown>
  return operation.result()
}

/** An operation that a native call has queued. */
export function pending<T>(
  link: Link,
  phase: Phase,
  op: number,
  present: Present<T>,
  signal: AbortSignal | undefined
): Pending<T> {
  const operation = new Pending(link, op, present)
  wait(op, operation)
  if (signal !== undefined) {
    const abort = (): void =>
      operation.cancel((written) => Failure.aborted(signal, phase, phase === 'write' ? written : undefined))
    operation.ended.then(onAbort(signal, abort))
  }
  return operation
}

/** What an async function with the same body would give, without a promise around the promise. */
export function promised<T>(act: () => Promise<T>): Promise<T> {
  try {
    return act()
  } catch (error) {
    return Promise.reject(error)
  }
}
