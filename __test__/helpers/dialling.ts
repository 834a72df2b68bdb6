// Dials real servers of TLS, which have their certificates from the root of the tests. Knows no servers.

import { connect, type TcpClient, type TlsOptions } from 'tcpull'
import { root } from './authorities'

/** Trusts the tests alone. */
export function trusting(tls: TlsOptions = {}): TlsOptions {
  return { ca: root().pem, caOnly: true, ...tls }
}

/** A connection to it; not by the clock, since many tests start servers at once. */
export function dial({ host, port }: { host: string; port: number }, tls?: TlsOptions): Promise<TcpClient> {
  return connect({ host, port }, { timeout: 0, tls: trusting(tls) })
}
