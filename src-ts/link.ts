// What the halves of one client share: its native connection, its state, its last error. Knows no reads or writes.

import type { Phase, TcpError, TcpErrorDetails } from './errors'
import { Failure } from './errors'

/** One connection, as long as anything refers to it: when `holder` is collected, the socket closes. */
export class Link {
  /** `close` or `destroy` was called. */
  closed = false
  /** Its bytes go over TLS. */
  encrypted = false
  lastError: TcpError | null = null

  constructor(
    readonly token: number,
    readonly holder: unknown,
    readonly host: string,
    readonly port: number
  ) {}

  /** The failure as an error that knows the connection; remembered as the last one. */
  error(failure: Failure, more?: Partial<TcpErrorDetails>): TcpError {
    this.lastError = failure.toError({ address: this.host, port: this.port, ...more })
    return this.lastError
  }

  closedFailure(phase: Phase): Failure {
    return new Failure(
      'the connection is closed',
      phase === 'write' ? { code: 'ERR_CLOSED', phase, bytesWritten: 0 } : { code: 'ERR_CLOSED', phase }
    )
  }
}
