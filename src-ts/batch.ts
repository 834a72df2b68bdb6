// Lines or frames that came together and are served one by one; knows where they come from, not who asks.

import type { Codec, LengthPrefix } from './codecs'
import { bytes, hasCarriageReturn, items, view } from './mailbox'
import { native } from './native'

/** The most frames of one batch; a batch of lines is bounded by its bytes. */
export const MOST_FRAMES = 4096
/** As many as are there. */
export const MOST_LINES = 2 ** 32 - 1

const spans = new Uint32Array(2 * MOST_FRAMES)

export class Batch<T> {
  served = 0

  constructor(
    /** What asked for it: only a call for the same may be served from it. */
    readonly kind: Codec | LengthPrefix,
    readonly all: readonly T[]
  ) {}

  get left(): number {
    return this.all.length - this.served
  }

  next(): T {
    return this.all[this.served++] as T
  }

  /** All that are left. */
  rest(): T[] {
    const rest = this.served === 0 ? (this.all as T[]) : this.all.slice(this.served)
    this.served = this.all.length
    return rest
  }

  static lines(codec: Codec, value: unknown, at: number): Batch<string> | null {
    if (value === null) return null
    if (items(at) === 1) return new Batch(codec, [value as string])
    const { marker, keepMarker } = codec
    const lines = typeof value === 'string' ? value.split(marker) : (value as string[])
    if (keepMarker)
      return new Batch(
        codec,
        lines.map((line) => line + marker)
      )
    if (hasCarriageReturn(at)) return new Batch(codec, lines.map(withoutCarriageReturn))
    return new Batch(codec, lines)
  }

  static frames(length: LengthPrefix, value: unknown, at: number): Batch<Buffer> | null {
    if (value === null) return null
    const region = bytes(value, at)
    if (items(at) === 1) return new Batch(length, [region])
    const count = native.frameSpans(length, region, spans)
    const frames: Buffer[] = new Array(count)
    const { buffer, byteOffset } = region
    for (let index = 0; index < count; index++) {
      const start = spans[2 * index] as number
      frames[index] = view(buffer, byteOffset + start, (spans[2 * index + 1] as number) - start)
    }
    return new Batch(length, frames)
  }
}

function withoutCarriageReturn(line: string): string {
  return line.charCodeAt(line.length - 1) === 13 ? line.slice(0, -1) : line
}
