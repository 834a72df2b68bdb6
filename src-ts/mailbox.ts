// This environment's side of the boundary: which operations wait, and what each turn of the loop settles. Knows no
// operation's meaning. The layout of the numbers is that of src-rs/binding/mail.rs.

import { Failure, type NativeFailure } from './errors'
import { native } from './native'

const HEADER = 8
const RECORD = 6
const CAPACITY = 512
const FAILED = 1
const HAS_CARRIAGE_RETURN = 2
const NUMBER = 4
const NULL = 8
const POOL_SIZE = 64 * 1024

/** Room for the small writes of one tick. */
export const OUTGOING_SIZE = 64 * 1024

/** An operation that waits. */
export interface Waiting {
  /** Called with the value, whose extras stand in the mailbox at `at`, or with a failure. */
  settle(value: unknown, at: number): void
}

const mail = new Float64Array(HEADER + RECORD * CAPACITY)
const values: unknown[] = []
/** Small writes of this tick, one after the other. */
export const outgoing = Buffer.allocUnsafeSlow(OUTGOING_SIZE)

const waiting: (Waiting | undefined)[] = []
const free: number[] = []

/** This environment's number, the first argument of every native call. */
export const environment = native.start(mail, values, outgoing, deliver)

let pool: Buffer
renewPool()

// Answers of one delivery may lie in the pool that the last of them found full, so it is replaced after all of them.
function replaceSpentPool(): void {
  if (mail[0] === 1) renewPool()
}

function renewPool(): void {
  pool = Buffer.allocUnsafeSlow(POOL_SIZE)
  native.renewPool(environment, pool)
}

/** Where a direct call's extras stand; see {@link why}, {@link items}. */
export const DIRECT = 0

const REASONS = ['marker', 'size', 'timeout', 'end'] as const
export type Reason = (typeof REASONS)[number]

/** Why the read ended. */
export function why(at: number): Reason {
  return REASONS[mail[at + 1] as number] as Reason
}

/** How many lines or frames came. */
export function items(at: number): number {
  return mail[at + 3] as number
}

export function hasCarriageReturn(at: number): boolean {
  return ((mail[at + 4] as number) & HAS_CARRIAGE_RETURN) !== 0
}

/** The bytes of a value: small ones are cut from the pool, which nothing is written to twice. */
export function bytes(value: unknown, at: number): Buffer {
  if (typeof value === 'number') {
    const place = mail[at + 5] as number
    return pool.subarray(place, place + value)
  }
  if (at === DIRECT) replaceSpentPool()
  return value as Buffer
}

/** A number for an operation that may have to wait. */
export function reserve(): number {
  return free.pop() ?? waiting.push(undefined) - 1
}

/** The operation was answered at once, or is no longer waited for. */
export function release(op: number): void {
  waiting[op] = undefined
  free.push(op)
}

/** The operation waits. */
export function wait(op: number, operation: Waiting): void {
  waiting[op] = operation
}

/** Whether a direct call's result is a failure. */
export function failed(): boolean {
  return ((mail[DIRECT + 4] as number) & FAILED) !== 0
}

/** Settles what a call, rather than a turn of the loop, has brought to an end. */
export function collect(): void {
  deliver(native.collect(environment))
}

function deliver(count: number): void {
  let next = mail[6] as number
  const left = mail[7] as number
  for (let at = HEADER; at < HEADER + count * RECORD; at += RECORD) {
    const op = mail[at] as number
    const flags = mail[at + 4] as number
    const operation = waiting[op] as Waiting
    release(op)
    if (flags & NUMBER) operation.settle(mail[at + 2], at)
    else if (flags & NULL) operation.settle(null, at)
    else if (flags & FAILED) operation.settle(Failure.fromNative(values[next++] as NativeFailure), at)
    else operation.settle(values[next++], at)
  }
  if (left > 0) {
    collect()
  } else {
    values.length = 0
    replaceSpentPool()
  }
}
