// What was written in one tick, before it is sent; knows memory and promises, not connections.

import type { Failure } from './errors'
import { OUTGOING_SIZE, outgoing } from './mailbox'
import type { Ticket } from './operation'

// Up to this size a write is copied: cheaper than a reference, and the caller may change its memory at once.
export const LARGEST_COPIED = 8 * 1024

/** How much of the tick's memory is taken. */
let used = 0

/** The tick is over, and what its memory held has been sent or copied. */
export function emptyOutgoing(): void {
  used = 0
}

/** Bytes that lie together: in the tick's own memory from `start`, or in `bytes`. */
export interface Part {
  start: number
  length: number
  readonly bytes: Uint8Array | null
}

export function partBytes(part: Part): Uint8Array {
  return part.bytes ?? outgoing.subarray(part.start, part.start + part.length)
}

/** Writes that end together: those of a tick without options of their own. */
export class Group {
  readonly parts: Part[] = []
  #tickets: Ticket[] | null = null
  length = 0
  /** Resolves when the group has ended; see {@link Group.failure} */
  readonly ended: Promise<void>
  failure: Failure | undefined = undefined
  #end!: () => void

  constructor(
    readonly timeout: number,
    readonly signal: AbortSignal | undefined
  ) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  end(failure: Failure | undefined): void {
    this.failure = failure
    this.#end()
    if (failure === undefined || this.#tickets === null) return
    for (const { operation } of this.#tickets) operation?.cancel(() => failure)
  }

  /** The ticket's read fails if this does. */
  dependOn(ticket: Ticket): void {
    if (this.#tickets === null) this.#tickets = [ticket]
    else this.#tickets.push(ticket)
  }

  /** Takes over `data`: small pieces are copied into the tick's memory, if there is room. */
  add(data: string | Uint8Array): void {
    const start = used
    // A UTF-16 unit makes at most three bytes of UTF-8.
    const most = typeof data === 'string' ? data.length * 3 : data.length
    if (most > LARGEST_COPIED || most > OUTGOING_SIZE - start) {
      this.#refer(data)
      return
    }
    if (typeof data === 'string') {
      used += outgoing.write(data, start)
    } else {
      outgoing.set(data, start)
      used += data.length
    }
    const length = used - start
    this.length += length
    const { parts } = this
    const last = parts.length > 0 ? parts[parts.length - 1] : undefined
    if (last !== undefined && last.bytes === null && last.start + last.length === start) last.length += length
    else parts.push({ start, length, bytes: null })
  }

  #refer(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' || data.length <= LARGEST_COPIED ? Buffer.from(data) : data
    this.length += bytes.length
    this.parts.push({ start: 0, length: bytes.length, bytes })
  }
}
