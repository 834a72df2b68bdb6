// One write and the read that answers it, under one deadline; knows the reader and the writer, not how they work.

import type { LengthPrefix } from './codecs'
import type { Cancel } from './operation'
import type { WaitOptions } from './options'
import type { Marker, Reader, ReadLineOptions, ReadUntilOptions, Started } from './reader'
import type { Sequences } from './sequences'
import * as check from './validate'
import { contentOf, type Writer } from './writer'

/** How the answer is read: one of `size`, `line`, `frame` and `marker`, with the options of that kind of read. */
export interface How extends Omit<ReadLineOptions, 'marker'> {
  /** Exactly so many bytes */
  size?: number | undefined
  /** A line, decoded */
  line?: boolean | undefined
  /** One payload with its length before it */
  frame?: LengthPrefix | undefined
  /** Bytes up to the first of these, with it unless `keepMarker` is `false`; beside `line`, what ends the line */
  marker?: Marker | readonly Marker[] | undefined
}

/** Writes `data`, then reads as `how` says. The read takes its place in the queue at the call. */
export function request(
  reader: Reader,
  sequences: Sequences,
  writer: Writer,
  data: unknown,
  given: How
): Promise<Buffer | string | null> {
  const content = contentOf(data)
  const how = check.options(given, 'how')
  let cancel: Cancel | undefined
  const answer = read(reader, sequences, how, (started) => {
    cancel = started
  })
  const { timeout, signal } = how
  const written = writer.send(content, timeout === undefined && signal === undefined ? undefined : { timeout, signal })
  // Without its request there will be no answer.
  written.then((failure) => failure && cancel?.(() => failure))
  return answer
}

function read(reader: Reader, sequences: Sequences, how: How, started: Started): Promise<Buffer | string | null> {
  if (how.line !== undefined && check.flag(how.line, 'how.line')) {
    return sequences.readLine(how as ReadLineOptions, started)
  }
  if (how.size !== undefined) return reader.readExactly(how.size, how, started)
  if (how.frame !== undefined) return sequences.readFrame({ ...how, length: how.frame }, started)
  if (how.marker !== undefined) return reader.readUntil(how.marker, how as ReadUntilOptions & WaitOptions, started)
  throw check.invalid('ERR_INVALID_ARG_VALUE', `how must have size, line, frame or marker; got ${check.show(how)}`)
}
