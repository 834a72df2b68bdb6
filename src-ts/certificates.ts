// What a TLS handshake found out, for users: the agreement and the peer's certificates. Knows no connections.

import { createHash, X509Certificate } from 'node:crypto'
import type { NativeTlsDescription } from './binding'

/** A certificate that a peer has sent. Its texts are read by Node's `X509Certificate`, and empty where that cannot read it. */
export class PeerCertificate {
  /** Whom it is for, a line for each part: `CN=example.com` */
  readonly subject: string = ''
  /** Who has signed it, in the same form */
  readonly issuer: string = ''
  /** The names and IP addresses it is for (subjectAltName); no common name */
  readonly names: readonly string[] = []
  readonly validFrom: Date | null = null
  readonly validTo: Date | null = null
  /** Hexadecimal */
  readonly serialNumber: string = ''
  /** The SHA-256 of all of it, as `AA:BB:…`: what `options.tls.pin` takes */
  readonly fingerprint256: string
  readonly #raw: Uint8Array

  /** @internal */
  constructor(raw: Uint8Array) {
    this.#raw = raw
    this.fingerprint256 = (createHash('sha256').update(raw).digest('hex').toUpperCase().match(/../g) ?? []).join(':')
    const certificate = parsed(raw)
    if (certificate === undefined) return
    this.subject = certificate.subject ?? ''
    this.issuer = certificate.issuer ?? ''
    this.names = namesOf(certificate.subjectAltName)
    this.validFrom = dateOf(certificate.validFrom)
    this.validTo = dateOf(certificate.validTo)
    this.serialNumber = certificate.serialNumber
  }

  /** A copy of it in DER */
  get raw(): Buffer {
    return Buffer.from(this.#raw)
  }

  /** It in PEM, as `options.tls.ca` takes it */
  get pem(): string {
    const lines =
      Buffer.from(this.#raw)
        .toString('base64')
        .match(/.{1,64}/g) ?? []
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  }
}

/** What the TLS handshake of a connection agreed on, and with whom. */
export interface TlsInfo {
  readonly protocol: 'TLSv1.2' | 'TLSv1.3'
  /** The cipher suite's IANA name, as `TLS_AES_128_GCM_SHA256` */
  readonly cipher: string
  /** The key exchange's group, as `X25519MLKEM768`; `null` where a resumed session had no exchange */
  readonly group: string | null
  /** The application protocol that was agreed on (RFC 7301), or `null` */
  readonly alpn: string | null
  /** Whether an earlier connection's session went on, so that no certificate was sent */
  readonly resumed: boolean
  /** The certificates that the peer has sent, its own first; of a resumed session those of its beginning */
  readonly certificates: readonly PeerCertificate[]
}

export function tlsInfo({ protocol, cipher, group, alpn, resumed, chain }: NativeTlsDescription): TlsInfo {
  let certificates: readonly PeerCertificate[] | undefined
  return {
    protocol: protocol as TlsInfo['protocol'],
    cipher,
    group: group ?? null,
    alpn: alpn ?? null,
    resumed,
    // Reading one takes longer than a small round trip, and most callers want to know something else.
    get certificates() {
      certificates ??= chain.map((raw) => new PeerCertificate(raw))
      return certificates
    }
  }
}

function parsed(raw: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(raw)
  } catch {
    // A peer may send anything where nobody checks it.
    return undefined
  }
}

/**
 * Node joins them by commas, `DNS:a, IP Address:127.0.0.1, URI:http://b/`, and writes one with a comma, a quote or a control
 * character of its own as a JSON string (CVE-2021-44532). Entries are read one after the other, whatever their kind, so that
 * none can pass for another's part; from the first that is not understood on there are none.
 */
function namesOf(joined: string | undefined): string[] {
  const names: string[] = []
  for (const [, kind, value = ''] of (joined ?? '').matchAll(/([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy)) {
    if (kind === 'DNS' || kind === 'IP Address') names.push(unquoted(value))
  }
  return names
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value
  try {
    return String(JSON.parse(value))
  } catch {
    return value
  }
}

function dateOf(text: string): Date | null {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? null : date
}
