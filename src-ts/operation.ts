// One operation from its call to its end: answered at once, or waiting with a deadline and a signal. Knows no operation's meaning.

import { Failure, type NativeFailure, type Phase } from './errors'
import type { Link } from './link'
import { collect, DIRECT, environment, failed, release, reserve, type Waiting, wait } from './mailbox'
import { native } from './native'

/** Makes the caller's value of a native one; called while the mailbox still holds the extras at `at`. */
export type Present<T> = (value: unknown, at: number) => T

/** Makes a waiting operation fail with what is made of the bytes it had written; too late once it has ended. */
export type Cancel = (why: (bytesWritten: number) => Failure) => void

/**
 * An operation that waits. Its promise says only that it has ended: resolving one with an object would cost a search for
 * `then` in all its prototypes.
 */
class Pending<T> implements Waiting {
  readonly ended: Promise<void>
  value: T | undefined = undefined
  failure: Failure | undefined = undefined
  #end!: () => void

  constructor(readonly present: Present<T>) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  settle(value: unknown, at: number): void {
    if (value instanceof Failure) this.failure = value
    else this.value = this.present(value, at)
    this.#end()
  }
}

/**
 * Makes a native call under an operation's number and gives what it comes to.
 *
 * The errors are made here, after the `await`, so that their stacks go on with the caller's `await`s.
 */
export async function run<T>(
  link: Link,
  phase: 'read' | 'write',
  call: (op: number) => unknown,
  present: Present<T>,
  signal?: AbortSignal,
  started?: (cancel: Cancel) => void
): Promise<T> {
  if (link.closed) throw link.error(link.closedFailure(phase))
  if (signal?.aborted) throw link.error(Failure.aborted(signal, phase))
  const op = reserve()
  const value = call(op)
  if (value !== undefined) {
    release(op)
    if (failed()) throw link.error(Failure.fromNative(value as NativeFailure))
    link.lastError = null
    return present(value, DIRECT)
  }
  const operation = pending(link, phase, op, present, signal, started)
  await operation.ended
  if (operation.failure !== undefined) throw link.error(operation.failure)
  link.lastError = null
  return operation.value as T
}

/** An operation that a native call has queued. */
export function pending<T>(
  link: Link,
  phase: Phase,
  op: number,
  present: Present<T>,
  signal?: AbortSignal,
  started?: (cancel: Cancel) => void
): Pending<T> {
  const operation = new Pending(present)
  wait(op, operation)
  if (signal !== undefined || started !== undefined) {
    const cancel: Cancel = (why) => {
      const written = native.cancel(environment, link.token, op)
      // Below 0 it has ended already; its outcome is on the way.
      if (written < 0) return
      release(op)
      operation.settle(why(written), DIRECT)
      collect()
    }
    started?.(cancel)
    if (signal !== undefined) {
      const onAbort = (): void => cancel((written) => Failure.aborted(signal, phase, written))
      signal.addEventListener('abort', onAbort, { once: true })
      operation.ended.then(() => signal.removeEventListener('abort', onAbort))
    }
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
