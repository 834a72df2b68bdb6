// One write and the read that answers it, under one deadline; knows the reader and the writer, not how they work.

import type { LengthPrefix } from './codecs'
import type { Ticket } from './operation'
import type { WaitOptions } from './options'
import type { Marker, Reader, ReadLineOptions, ReadUntilOptions } from './reader'
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
  const refused = writer.refused(how.signal)
  // What is buffered is no answer to a request that is never sent.
  if (refused !== undefined) return Promise.reject(writer.link.error(refused))
  // Without its request there will be no answer.
  const ticket: Ticket = { operation: null }
  const answer = read(reader, sequences, how, ticket)
  const { timeout, signal } = how
  writer.join(content, timeout === undefined && signal === undefined ? undefined : { timeout, signal }, ticket)
  return answer
}

function read(reader: Reader, sequences: Sequences, how: How, ticket: Ticket): Promise<Buffer | string | null> {
  if (how.size !== undefined) return reader.readExactly(how.size, how, ticket)
  if (how.line !== undefined && check.flag(how.line, 'how.line')) {
    return sequences.readLine(how as ReadLineOptions, ticket)
  }
  if (how.frame !== undefined) return sequences.readFrame({ ...how, length: how.frame }, ticket)
  if (how.marker !== undefined) return reader.readUntil(how.marker, how as ReadUntilOptions & WaitOptions, ticket)
  throw check.invalid('ERR_INVALID_ARG_VALUE', `how must have size, line, frame or marker; got ${check.show(how)}`)
}
