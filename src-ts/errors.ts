// The errors that users see, made from plain data; knows no I/O.

import { getSystemErrorMap } from 'node:util'
import { PeerCertificate } from './certificates'

/** The part of a connection's life in which an error happened. */
export type Phase = 'lookup' | 'connect' | 'proxy' | 'tls' | 'read' | 'write'

/** One address that was dialled. */
export interface Attempt {
  /** The IP address */
  address: string
  port: number
  family: 4 | 6
  /** Node's code for its failure; `undefined` when it won or was still going on when the dial ended */
  code?: string
  /** `won`, `failed`, or `unfinished` when the dial ended before it did */
  outcome: 'won' | 'failed' | 'unfinished'
  /** Milliseconds from the start of this attempt to its end */
  ms: number
}

/** The proxy that an error is about. */
export interface ProxyFault {
  /** Without login */
  url: string
  /** Which of several, from 0 */
  hop: number
  /** SOCKS' reply or HTTP's status, where there was one */
  reply?: number
  /** Who refused, as far as the reply tells: the proxy, or the target behind it, be it that it was not reached */
  refusedBy?: 'proxy' | 'target'
}

/** What a {@link TcpError} knows beside its message. */
export interface TcpErrorDetails {
  /** Node's code for a system error, `ETIMEDOUT`, `ABORT_ERR`, or one of `ERR_*` */
  code: string
  phase?: Phase | undefined
  /** The system call that failed */
  syscall?: string | undefined
  /** libuv's number for the code, negative, as on Node's own errors */
  errno?: number | undefined
  /** The remote host or address */
  address?: string | undefined
  port?: number | undefined
  attempts?: readonly Attempt[] | undefined
  /** The peer's certificate, where that was refused */
  cert?: PeerCertificate | undefined
  /** The proxy, for errors of phase `proxy` */
  proxy?: ProxyFault | undefined
  /** Bytes of a failed write that the system had taken */
  bytesWritten?: number | undefined
  cause?: unknown
}

/**
 * Every failure of a connection. Match on `code`; the names are those of Node wherever Node has one.
 *
 * `name` is `TimeoutError` for a deadline (`ETIMEDOUT` set by `timeout`), `AbortError` for an abort (`ABORT_ERR`, with the
 * signal's reason as `cause`), else `TcpError`.
 */
export class TcpError extends Error {
  readonly code: string
  declare readonly phase?: Phase
  declare readonly syscall?: string
  declare readonly errno?: number
  declare readonly address?: string
  declare readonly port?: number
  declare readonly attempts?: readonly Attempt[]
  declare readonly cert?: PeerCertificate
  declare readonly proxy?: ProxyFault
  declare readonly bytesWritten?: number

  constructor(message: string, details: TcpErrorDetails) {
    const { code, cause, ...rest } = details
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    for (const [key, value] of Object.entries(rest)) {
      if (value !== undefined) Object.assign(this, { [key]: value })
    }
  }
}

// Inherited and not enumerable, as the names of the language's own errors are.
Object.defineProperty(TcpError.prototype, 'name', { value: 'TcpError', writable: true, configurable: true })

/** A failure as the native side describes it. */
export interface NativeFailure {
  code: string
  message: string
  phase: string
  syscall?: string | null
  address?: string | null
  port?: number | null
  written: number
  attempts: readonly NativeAttempt[]
  certificate?: Uint8Array | null
  via?: { url: string; hop: number; reply?: number | null; byTarget: boolean } | null
}

/** An attempt as the native side describes it. */
export interface NativeAttempt {
  address: string
  port: number
  family: number
  code?: string | null
  unfinished: boolean
  ms: number
}

/** What happened, on its way from the settled operation to the caller, where it becomes an error with the caller's stack. */
export class Failure {
  constructor(
    readonly message: string,
    readonly details: TcpErrorDetails,
    readonly name?: 'TimeoutError' | 'AbortError'
  ) {}

  static fromNative(native: NativeFailure): Failure {
    const details: TcpErrorDetails = {
      code: native.code,
      phase: native.phase as Phase,
      syscall: native.syscall ?? undefined,
      errno: native.syscall ? errno(native.code) : undefined,
      ...(native.address && { address: native.address, port: native.port ?? undefined }),
      attempts: native.attempts.length > 0 ? native.attempts.map(attemptFromNative) : undefined,
      cert: native.certificate ? new PeerCertificate(native.certificate) : undefined,
      proxy: native.via ? proxyFault(native.code, native.via) : undefined,
      bytesWritten: native.phase === 'write' ? native.written : undefined
    }
    // A deadline of ours names no system call; a connection that the system gave up on does.
    const timedOut = native.code === 'ETIMEDOUT' && !native.syscall
    return new Failure(native.message, details, timedOut ? 'TimeoutError' : undefined)
  }

  static aborted(signal: AbortSignal, phase: Phase, bytesWritten?: number): Failure {
    const details = { code: 'ABORT_ERR', phase, cause: signal.reason, bytesWritten }
    return new Failure('The operation was aborted', details, 'AbortError')
  }

  toError(more: Partial<TcpErrorDetails> = {}): TcpError {
    const error = new TcpError(this.message, { ...more, ...this.details })
    if (this.name) Object.defineProperty(error, 'name', { value: this.name, configurable: true, writable: true })
    return error
  }
}

function proxyFault(code: string, { url, hop, reply, byTarget }: NonNullable<NativeFailure['via']>): ProxyFault {
  const fault: ProxyFault = { url, hop }
  if (reply != null) fault.reply = reply
  if (code === 'ERR_PROXY_REFUSED') fault.refusedBy = byTarget ? 'target' : 'proxy'
  return fault
}

export function attemptFromNative(native: NativeAttempt): Attempt {
  const outcome = native.code ? 'failed' : native.unfinished ? 'unfinished' : 'won'
  const { address, port, ms } = native
  const attempt: Attempt = { address, port, family: native.family === 6 ? 6 : 4, outcome, ms }
  if (native.code) attempt.code = native.code
  return attempt
}

let numbers: Map<string, number> | undefined

function errno(code: string): number | undefined {
  numbers ??= new Map([...getSystemErrorMap()].map(([number, [name]]) => [name, number]))
  return numbers.get(code)
}
