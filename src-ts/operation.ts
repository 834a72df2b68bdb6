// One operation from its call to its end: answered at once, or waiting with a deadline and a signal. Knows no operation's meaning.

import { Failure, type NativeFailure, type Phase } from './errors'
import type { Link } from './link'
import { collect, DIRECT, environment, failed, release, reserve, type Waiting, wait } from './mailbox'
import { native } from './native'

/** Makes the caller's value of a native one; called while the mailbox still holds the extras at `at`. */
export type Present<T> = (value: unknown, at: number) => T

class Pending<T> implements Waiting {
  constructor(
    readonly present: Present<T>,
    readonly resolve: (outcome: T | Failure) => void
  ) {}

  settle(value: unknown, at: number): void {
    this.resolve(value instanceof Failure ? value : this.present(value, at))
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
  started?: (cancel: (failure: Failure) => void) => void
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
  const outcome = await pending(link, phase, op, present, signal, started)
  if (outcome instanceof Failure) throw link.error(outcome)
  link.lastError = null
  return outcome
}

/** Waits for an operation that a native call has queued. */
export function pending<T>(
  link: Link,
  phase: Phase,
  op: number,
  present: Present<T>,
  signal?: AbortSignal,
  started?: (cancel: (failure: Failure) => void) => void
): Promise<T | Failure> {
  return new Promise((resolve) => {
    if (!signal && !started) return wait(op, new Pending(present, resolve))
    const cancel = (why: (bytesWritten: number) => Failure): void => {
      const written = native.cancel(environment, link.token, op)
      // Below 0 it has ended already; its outcome is on the way.
      if (written < 0) return
      release(op)
      settled(why(written))
      collect()
    }
    const onAbort = (): void => cancel((written) => Failure.aborted(signal as AbortSignal, phase, written))
    const settled = (outcome: T | Failure): void => {
      signal?.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    wait(op, new Pending(present, settled))
    started?.((failure) => cancel(() => failure))
  })
}

/** What an async function with the same body would give, without a promise around the promise. */
export function promised<T>(act: () => Promise<T>): Promise<T> {
  try {
    return act()
  } catch (error) {
    return Promise.reject(error)
  }
}
