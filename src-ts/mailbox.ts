// This environment's side of the boundary: which operations wait, and what each turn of the loop settles. Knows no
// operation's meaning. The layout of the numbers is that of src-rs/binding/mail.rs.

import { setImmediate } from 'node:timers'
import { markAsUntransferable } from 'node:worker_threads'
import { Failure, type NativeFailure } from './errors'
import { native } from './native'
import { reactorFor } from './reactor'

const HEADER = 11
// Where JavaScript says that it has written something and native code reads it after the turn's callback.
const UNSENT = 8
// Whether it will: native code sets this around the turn's callback.
const IN_TURN = 9
// How many records there are.
const COUNT = 10
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
/** Small writes of this tick, one after the other. Annotated for compilers of users' to which Buffer is not generic. */
export const outgoing: Buffer = Buffer.allocUnsafeSlow(OUTGOING_SIZE)

// As they were when this was loaded: tests put fake ones in their places, by which nothing would go on.
const { nextTick } = process
const later = setImmediate

const waiting: (Waiting | undefined)[] = []
const free: number[] = []

/** The most frequent native calls; they need no environment. */
export const hot = native.start(mail, values, outgoing, settled, summons, reactorFor(process))
/** This environment's number, the first argument of every other native call. */
export const environment = hot.environment

// Node's own class for a view of a buffer's memory: much quicker than `subarray`. Other hosts may not show it.
const View = (Buffer as unknown as { [Symbol.species]?: typeof ViewType })[Symbol.species]
declare class ViewType extends Buffer {
  constructor(memory: ArrayBufferLike, offset: number, length: number)
}

let pool: ArrayBufferLike
renewPool()

// Answers of one delivery may lie in the pool that the last of them found full, so it is replaced after all of them.
function replaceSpentPool(): void {
  if (mail[0] === 1) renewPool()
}

function renewPool(): void {
  const memory = Buffer.allocUnsafeSlow(POOL_SIZE)
  pool = memory.buffer
  // As Node's own pool: to transfer one answer's memory would empty all the others in it.
  markAsUntransferable(pool)
  native.renewPool(environment, memory)
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
    return view(pool, place, value)
  }
  if (at === DIRECT) replaceSpentPool()
  return value as Buffer
}

/** A `Buffer` over a part of `memory`: what `subarray` gives, for half its price. */
export function view(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  return View ? new View(memory, offset, length) : Buffer.from(memory as ArrayBuffer, offset, length)
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

/** Whether the number is still that operation's. */
export function isWaiting(op: number, operation: Waiting): boolean {
  return waiting[op] === operation
}

/** Whether a direct call's result is a failure. */
export function failed(): boolean {
  return ((mail[DIRECT + 4] as number) & FAILED) !== 0
}

/** Settles what a call, rather than a turn of the loop, has brought to an end. */
export function collect(): void {
  native.collect(environment)
  deliver()
}

let send: () => void = () => {}

/** Says who sends what a tick has written. */
export function onUnsent(act: () => void): void {
  send = act
}

/** Something was written: it is sent when this tick is over, its microtasks included. */
export function markUnsent(): void {
  if (mail[IN_TURN] === 1) mail[UNSENT] = 1
  else nextTick(send)
}

/**
 * A reactor without a loop of its own wants a turn. It comes as an immediate: Node calls a thread-safe function again and
 * again for as long as it is asked to, which would keep a busy connection's turns from ever letting the loop go on.
 */
function summons(): void {
  later(turn)
}

function turn(): void {
  native.turn(environment)
}

/** Native code calls this once a turn of the loop, and again when something is unsent. */
function settled(): void {
  deliver()
  send()
}

function deliver(): void {
  const count = mail[COUNT] as number
  if (count === 0) return
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
