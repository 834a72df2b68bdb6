// What the engine's tests talk over: TCP, or TLS over it where TEST_TRANSPORT says `tls`, or `tls1.2`. Whoever dials or listens
// for such a test does it here and need not know which. Knows no cases.

import { createServer as createPlainServer, type Server, type ServerOpts, type Socket } from 'node:net'
import type { SecureVersion } from 'node:tls'
import * as tcpull from 'tcpull'
import { secure, trust } from './secure'

const VERSIONS: Record<string, SecureVersion> = { tls: 'TLSv1.3', 'tls1.2': 'TLSv1.2' }

const wanted = process.env['TEST_TRANSPORT']
const version = wanted ? VERSIONS[wanted] : undefined
if (wanted && version === undefined) throw new Error(`there is no transport ${wanted}`)

export const overTls = version !== undefined

// Before there are workers, which have to have the same certificate.
const tls = overTls ? trust() : undefined

/** tcpull's, over the transport unless the options say otherwise. */
export const connect: typeof tcpull.connect = (address, options) => tcpull.connect(address, over(options))

/** tcpull's, over the transport. */
export const processRequest = ((address, data, options) =>
  tcpull.processRequest(address, data, over(options))) as typeof tcpull.processRequest

function over<T extends object | undefined>(options: T): T {
  // What is no object is given to be refused.
  const given = options === undefined ? {} : options
  if (tls === undefined || typeof given !== 'object' || given === null || 'tls' in given) return options
  return { tls, ...options }
}

/** As `createServer` of `node:net`. A socket is given once it can be talked over. */
export function createServer(options: ServerOpts, serve: (socket: Socket) => void): Server {
  if (version === undefined) return createPlainServer(options, serve)
  return createPlainServer({ ...options, pauseOnConnect: false }, (raw) => {
    secure(raw, version).then(serve)
  })
}
