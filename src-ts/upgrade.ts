// A connection becomes a TLS connection in place (STARTTLS); knows the order of things, not how TLS works.

import { Failure } from './errors'
import type { Link } from './link'
import { environment } from './mailbox'
import { native } from './native'
import { begin } from './operation'
import { DEFAULT_TIMEOUT, type WaitOptions } from './options'
import type { Reader } from './reader'
import { planTls, type TlsOptions } from './tls'
import * as check from './validate'
import type { Writer } from './writer'

/** Options of `startTls`. */
export interface StartTlsOptions extends TlsOptions, WaitOptions {
  /** Milliseconds for the handshake. Default 30 000; 0 means none */
  timeout?: number | undefined
}

export async function startTls(link: Link, reader: Reader, writer: Writer, given?: StartTlsOptions): Promise<void> {
  const options = check.options(given)
  const { timeout = DEFAULT_TIMEOUT, signal } = options
  const millis = check.milliseconds(timeout, 'options.timeout')
  if (signal !== undefined) check.signal(signal, 'options.signal')
  const plan = planTls(options, link) as object
  if (link.closed) throw link.error(link.closedFailure('tls'))
  if (signal?.aborted) throw link.error(Failure.aborted(signal, 'tls'))
  // What was written before is plaintext, and what JavaScript holds of the buffer counts as unread.
  writer.flush()
  reader.settleBatch()
  const call = (op: number): unknown => native.startTls(environment, link.token, op, plan, millis)
  await begin(link, 'tls', call, () => undefined, signal)
  link.encrypted = true
}
