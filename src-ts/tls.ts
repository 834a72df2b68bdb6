// The options of TLS: their types and checks. Knows no sockets; what a certificate or a cipher is, native code knows.

import { createPrivateKey, KeyObject } from 'node:crypto'
import type { NativeTls } from './binding'
import { native } from './native'
import * as check from './validate'

/** A version of TLS. Older ones are not safe and not spoken. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** Options of TLS, under Node's names where Node has one. */
export interface TlsOptions {
  /** Certificates to trust beside the system's, in PEM or DER: authorities, or a device's own self-signed one */
  ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** Trust `ca` alone, not the system's certificates. Default `false` */
  caOnly?: boolean | undefined
  /** This end's certificate and those between it and its root, in PEM; or it alone, in DER */
  cert?: string | Uint8Array | undefined
  /**
   * The key of `cert`: PEM (PKCS#8, PKCS#1, SEC1, also encrypted), PKCS#8 in DER, or a `KeyObject`, which spares each connection
   * the decryption
   */
  key?: string | Uint8Array | KeyObject | undefined
  /** Opens an encrypted `key` */
  passphrase?: string | undefined
  /** The name that the server is asked for (SNI) and that its certificate must be for. Default: the host of the address */
  servername?: string | undefined
  /** Application protocols to offer (RFC 7301), the best first */
  ALPNProtocols?: readonly string[] | undefined
  /**
   * Only `false` switches the check of the certificate off: then anybody on the way may read and change everything. A `pin` is
   * checked even so. Default `true`
   */
  rejectUnauthorized?: boolean | undefined
  /** Default `'TLSv1.2'` */
  minVersion?: TlsVersion | undefined
  /** Default `'TLSv1.3'` */
  maxVersion?: TlsVersion | undefined
  /**
   * The SHA-256 of the server's certificate or of its public key (SubjectPublicKeyInfo), one or several: `'AA:BB:…'`, `'aabb…'` or
   * `'sha256/…'` in Base64. One that matches is trusted whoever signed it, whatever its names and dates; any other is refused.
   */
  pin?: string | readonly string[] | undefined
  /** Let sessions of earlier connections with the same options go on (RFC 8446 section 2.2). Default `true` */
  session?: boolean | undefined
  /** A file to append the connection's secrets to, for a protocol analyser; `true`: the one that `SSLKEYLOGFILE` names, if it does */
  keylog?: string | true | undefined
}

/** What native code takes for TLS with a service, after all checks; nothing where `given` asks for none. */
export function planTls(given: unknown, { host, port }: { host: string; port: number }): object | undefined {
  if (given === undefined || given === false) return undefined
  if (given !== true && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    const message = `options.tls must be true, false or an object; got ${check.show(given)}`
    throw check.invalid('ERR_INVALID_ARG_TYPE', message)
  }
  const tls = nativeTls(given === true ? {} : (given as TlsOptions))
  try {
    return native.planTls(tls, host, port)
  } catch (error) {
    throw check.invalid('ERR_INVALID_ARG_VALUE', (error as Error).message)
  }
}

/** Options of Node's by which a connection is to be safer, or other, than it would be: not to heed them would be worse than to refuse. */
const REFUSED = [
  'checkServerIdentity',
  'ciphers',
  'crl',
  'dhparam',
  'ecdhCurve',
  'pfx',
  'secureContext',
  'secureOptions',
  'secureProtocol',
  'sigalgs'
]

function nativeTls(options: TlsOptions): NativeTls {
  const refused = REFUSED.find((name) => (options as Record<string, unknown>)[name] !== undefined)
  if (refused !== undefined) throw check.invalid('ERR_INVALID_ARG_VALUE', `options.tls.${refused} is not supported`)
  const { servername, pin, cert } = options
  const key = privateKey(options)
  const keylog = keylogFile(options.keylog)
  return {
    ca: list(options.ca).map((item) => contents(item, 'options.tls.ca')),
    caOnly: flag(options, 'caOnly', false),
    ...(cert !== undefined && { cert: contents(cert, 'options.tls.cert') }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { serverName: check.text(servername, 'options.tls.servername') }),
    alpn: protocols(options.ALPNProtocols),
    verify: flag(options, 'rejectUnauthorized', true),
    oldest: version(options, 'minVersion', 12),
    newest: version(options, 'maxVersion', 13),
    pins: pin === undefined ? [] : pins(pin),
    resume: flag(options, 'session', true),
    ...(keylog !== undefined && { keylog })
  }
}

function flag(options: TlsOptions, name: keyof TlsOptions, fallback: boolean): boolean {
  const value = options[name]
  return value === undefined ? fallback : check.flag(value, `options.tls.${name}`)
}

function version(options: TlsOptions, name: 'minVersion' | 'maxVersion', fallback: number): number {
  const value: unknown = options[name]
  if (value === undefined) return fallback
  if (value === 'TLSv1.2') return 12
  if (value === 'TLSv1.3') return 13
  const message = `options.tls.${name} must be 'TLSv1.2' or 'TLSv1.3'; got ${check.show(value)}`
  throw check.invalid('ERR_INVALID_ARG_VALUE', message)
}

function list(value: TlsOptions['ca']): readonly unknown[] {
  if (value === undefined) return []
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (items.length > 0) return items
  throw check.invalid('ERR_INVALID_ARG_VALUE', 'options.tls.ca must hold at least one certificate; got []')
}

/** Text, or a Buffer of other bytes: nothing else crosses into native code. */
function contents(value: unknown, name: string): string | Buffer {
  if (typeof value === 'string') return value
  if (!ArrayBuffer.isView(value)) {
    throw check.invalid(
      'ERR_INVALID_ARG_TYPE',
      `${name} must be PEM, as a string or bytes, or DER; got ${check.show(value)}`
    )
  }
  const bytes = check.stable(value, name)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function protocols(value: unknown): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length === 0) {
    const message = `options.tls.ALPNProtocols must be a list of names; got ${check.show(value)}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  }
  return value.map((name) => {
    const text = check.text(name, 'options.tls.ALPNProtocols')
    const size = Buffer.byteLength(text)
    // RFC 7301 section 3.1: a byte says how long each is.
    if (size >= 1 && size <= 255) return text
    const message = `options.tls.ALPNProtocols must hold names of 1 to 255 bytes; got one of ${size}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  })
}

function pins(value: unknown): Buffer[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (items.length === 0) throw check.invalid('ERR_INVALID_ARG_VALUE', 'options.tls.pin must not be an empty list')
  return items.map((item) => {
    const text = check.text(item, 'options.tls.pin')
    if (/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(text)) return Buffer.from(text.replaceAll(':', ''), 'hex')
    if (/^sha256\/[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text.slice('sha256/'.length), 'base64')
    const message = `options.tls.pin must be a SHA-256, as 64 hexadecimal digits or 'sha256/' and Base64; got ${check.show(item)}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  })
}

function keylogFile(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (value === true) return process.env['SSLKEYLOGFILE'] || undefined
  if (typeof value === 'string' && value !== '') return value
  const message = `options.tls.keylog must be a file's path, or true for that of SSLKEYLOGFILE; got ${check.show(value)}`
  throw check.invalid('ERR_INVALID_ARG_VALUE', message)
}

/** The key as PKCS#8 in DER; Node reads all the forms that keys come in. No message may show the key or its passphrase. */
function privateKey({ key, passphrase }: TlsOptions): Buffer | undefined {
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw check.invalid('ERR_INVALID_ARG_TYPE', `options.tls.passphrase must be a string; got a ${typeof passphrase}`)
  }
  if (key === undefined) return undefined
  const object = key instanceof KeyObject ? key : parsedKey(key, passphrase)
  if (object.type === 'private') return object.export({ type: 'pkcs8', format: 'der' })
  throw check.invalid('ERR_INVALID_ARG_VALUE', `options.tls.key must be a private key; got a ${object.type} one`)
}

function parsedKey(key: unknown, passphrase: string | undefined): KeyObject {
  if (typeof key !== 'string' && !ArrayBuffer.isView(key)) {
    throw check.invalid('ERR_INVALID_ARG_TYPE', `options.tls.key must be PEM, DER or a KeyObject; got a ${typeof key}`)
  }
  const content = contents(key, 'options.tls.key')
  const isDer = typeof content !== 'string' && content[0] === 0x30
  try {
    return createPrivateKey({
      key: content,
      ...(isDer && { format: 'der', type: 'pkcs8' }),
      ...(passphrase !== undefined && { passphrase })
    })
  } catch (error) {
    throw check.invalid(
      'ERR_INVALID_ARG_VALUE',
      `options.tls.key ${unreadable(error as NodeJS.ErrnoException, passphrase)}`
    )
  }
}

function unreadable({ code, message }: NodeJS.ErrnoException, passphrase: string | undefined): string {
  if (code === 'ERR_MISSING_PASSPHRASE' || /passphrase|interrupted or cancelled/i.test(message)) {
    return 'is encrypted: it needs options.tls.passphrase'
  }
  if (passphrase !== undefined && /decrypt|BAD_DECRYPT|cipher/i.test(`${code} ${message}`)) {
    return 'cannot be decrypted: options.tls.passphrase is not its passphrase'
  }
  return 'must be a private key in PEM (-----BEGIN PRIVATE KEY-----), or PKCS#8 in DER'
}
