// The package's public names; everything else is its own affair.

import { TcpClient } from './src-ts/client'
import { connect } from './src-ts/connect'

TcpClient.connect = connect

export type { PeerCertificate, TlsInfo } from './src-ts/certificates'
export type { Timings, WriteFrameOptions, WriteLineOptions } from './src-ts/client'
export type { LengthPrefix, LineOptions } from './src-ts/codecs'
export { type ProcessRequestOptions, processRequest } from './src-ts/connect'
export { type Attempt, type Phase, type ProxyFault, TcpError, type TcpErrorDetails } from './src-ts/errors'
export type { Expected, ExpectOptions, Pattern } from './src-ts/expect'
export type { Reason } from './src-ts/mailbox'
export type { Address, ConnectOptions, LookupAddress, LookupFunction, WaitOptions } from './src-ts/options'
export type { ProxyOptions, ProxyProtocol, ProxySetting } from './src-ts/proxy'
export type {
  Marker,
  ReadAllOptions,
  ReadFrameOptions,
  ReadLineOptions,
  ReadOptions,
  ReadUntilOptions,
  Received,
  ReceiveOptions
} from './src-ts/reader'
export type { How } from './src-ts/request'
export type { Sequence } from './src-ts/sequences'
export type { TlsOptions, TlsVersion } from './src-ts/tls'
export type { StartTlsOptions } from './src-ts/upgrade'
export { connect, TcpClient }
