// Makes X.509 certificates (RFC 5280), good and deliberately wrong ones: libraries and tools refuse to make the wrong ones.
// Knows no servers and nothing of what a client thinks of them.

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import * as der from './der'

export type KeyKind = 'p256' | 'p384' | 'rsa1024' | 'rsa2048' | 'rsa4096' | 'ed25519'
export type Hash = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'

export interface Keys {
  kind: KeyKind
  publicKey: KeyObject
  privateKey: KeyObject
}

const made = new Map<string, Keys>()

/** The pair of this kind and name: the same one in all of the process, since long RSA keys take seconds to make. */
export function keys(kind: KeyKind = 'p256', name = ''): Keys {
  const entry = `${kind} ${name}`
  const known = made.get(entry)
  if (known !== undefined) return known
  const pair = { kind, ...generate(kind) }
  made.set(entry, pair)
  return pair
}

function generate(kind: KeyKind): Omit<Keys, 'kind'> {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519')
  if (kind === 'p256' || kind === 'p384') return generateKeyPairSync('ec', { namedCurve: `P-${kind.slice(1)}` })
  return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) })
}

const ATTRIBUTES = { CN: '2.5.4.3', C: '2.5.4.6', O: '2.5.4.10', OU: '2.5.4.11' }

/** A common name alone, or the parts of a name in order. */
export type Name = string | readonly (readonly [keyof typeof ATTRIBUTES, string])[]

function nameOf(name: Name): Buffer {
  const parts = typeof name === 'string' ? [['CN', name] as const] : name
  return der.sequence(
    ...parts.map(([kind, text]) =>
      // A country is two letters of a smaller alphabet.
      der.set(der.sequence(der.oid(ATTRIBUTES[kind]), kind === 'C' ? der.printable(text) : der.utf8(text)))
    )
  )
}

/** Names of other kinds than the subject's (RFC 5280 4.2.1.6). Text may hold what no name may: it is written as it is. */
export const dns = (text: string): Buffer => der.implicit(2, Buffer.from(text, 'latin1'))
export const email = (text: string): Buffer => der.implicit(1, Buffer.from(text, 'latin1'))
export const uri = (text: string): Buffer => der.implicit(6, Buffer.from(text, 'latin1'))
export const ip = (address: string): Buffer => der.implicit(7, addressBytes(address))

/** A range of addresses, for name constraints. */
export const ipRange = (address: string, mask: string): Buffer =>
  der.implicit(7, Buffer.concat([addressBytes(address), addressBytes(mask)]))

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const words = (text: string): number[] => text.split(':').flatMap((word) => (word === '' ? [] : [parseInt(word, 16)]))
  const [before, after] = [words(head), words(tail)]
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

const PURPOSES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2', code: '1.3.6.1.5.5.7.3.3' }
const USAGES = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 }

/** What a certificate is to say; nothing is checked, and what is absent is left out. */
export interface Recipe {
  subject?: Name
  /** Default: itself */
  issuedBy?: Issuer
  /** Default: the key of this kind, shared */
  keys?: Keys
  /** Default: another one each time */
  serial?: bigint
  /** Days from now. Default: yesterday */
  from?: number
  /** Days from now. Default: 90 */
  to?: number
  /** 1 has no extensions. Default 3 */
  version?: 1 | 3
  names?: readonly Buffer[]
  /** Basic constraints; without it there are none */
  ca?: boolean
  pathLength?: number
  usage?: readonly (keyof typeof USAGES)[]
  purposes?: readonly (keyof typeof PURPOSES)[]
  permitted?: readonly Buffer[]
  excluded?: readonly Buffer[]
  /** More extensions, as {@link extension} makes them */
  extensions?: readonly Buffer[]
  /** Default: the one that belongs to the issuer's key */
  hash?: Hash
  /** Spoils the signature */
  corrupt?: boolean
}

/** Who signs: a certificate, or a name with somebody's keys. */
export interface Issuer {
  subject: Name
  keys: Keys
}

export interface Certificate extends Issuer {
  raw: Buffer
  pem: string
  /** Its private key, PKCS#8 */
  key: string
}

let serials = BigInt(Date.now()) << 32n

export function certificate(recipe: Recipe = {}): Certificate {
  const { subject = 'name.test', keys: own = keys(), version = 3, from = -1, to = 90 } = recipe
  const issuer = recipe.issuedBy ?? { subject, keys: own }
  const algorithm = algorithmOf(issuer.keys.kind, recipe.hash ?? hashFor(issuer.keys.kind))
  const body = der.sequence(
    ...(version === 1 ? [] : [der.explicit(0, der.integer(version - 1))]),
    der.integer(recipe.serial ?? ++serials),
    algorithm.identifier,
    nameOf(issuer.subject),
    der.sequence(day(from), day(to)),
    nameOf(subject),
    own.publicKey.export({ type: 'spki', format: 'der' }),
    ...(version === 1 ? [] : [der.explicit(3, der.sequence(...extensions(recipe, own, issuer.keys)))])
  )
  const signature = sign(algorithm.hash, body, issuer.keys.privateKey)
  // The last byte is a part of a number in every algorithm, and so the signature stays one in form.
  if (recipe.corrupt) signature[signature.length - 1] = (signature.at(-1) as number) ^ 1
  const raw = der.sequence(body, algorithm.identifier, der.bits(signature))
  const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { subject, keys: own, raw, pem: der.pem('CERTIFICATE', raw), key }
}

function day(offset: number): Buffer {
  return der.time(new Date(Date.now() + offset * 86_400_000))
}

function hashFor(kind: KeyKind): Hash {
  return kind === 'p384' ? 'sha384' : 'sha256'
}

const HASHES: readonly Hash[] = ['sha256', 'sha384', 'sha512']

function algorithmOf(kind: KeyKind, hash: Hash): { identifier: Buffer; hash: Hash | null } {
  if (kind === 'ed25519') return { identifier: der.sequence(der.oid('1.3.101.112')), hash: null }
  const strong = HASHES.indexOf(hash)
  if (kind.startsWith('p')) {
    const number = strong < 0 ? '1' : `3.${strong + 2}`
    return { identifier: der.sequence(der.oid(`1.2.840.10045.4.${number}`)), hash }
  }
  const number = strong < 0 ? { md5: 4, sha1: 5 }[hash as 'md5' | 'sha1'] : strong + 11
  return { identifier: der.sequence(der.oid(`1.2.840.113549.1.1.${number}`), der.nothing()), hash }
}

export function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(value))
}

function extensions(recipe: Recipe, own: Keys, issuer: Keys): Buffer[] {
  const { ca, pathLength, names, usage, purposes, permitted, excluded } = recipe
  const list = [
    extension('2.5.29.14', false, der.octets(identifier(own))),
    extension('2.5.29.35', false, der.sequence(der.implicit(0, identifier(issuer))))
  ]
  if (names) list.push(extension('2.5.29.17', false, der.sequence(...names)))
  if (ca !== undefined) {
    const content = [...(ca ? [der.boolean(true)] : []), ...(pathLength === undefined ? [] : [der.integer(pathLength)])]
    list.push(extension('2.5.29.19', true, der.sequence(...content)))
  }
  if (usage) list.push(extension('2.5.29.15', true, der.flags(usage.map((name) => USAGES[name]))))
  if (purposes) {
    list.push(extension('2.5.29.37', false, der.sequence(...purposes.map((name) => der.oid(PURPOSES[name])))))
  }
  if (permitted || excluded) {
    const subtrees = [permitted, excluded].flatMap((bases, number) =>
      bases ? [der.explicit(number, ...bases.map((base) => der.sequence(base)))] : []
    )
    list.push(extension('2.5.29.30', true, der.sequence(...subtrees)))
  }
  return [...list, ...(recipe.extensions ?? [])]
}

/** How certificates name a key: any short form of it will do (RFC 5280 4.2.1.2). */
function identifier({ publicKey }: Keys): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

/** Certificates as a server is given them, the leaf first. */
export function chain(...certificates: readonly Certificate[]): string {
  return certificates.map(({ pem }) => pem).join('')
}

/**
 * A P-256 private key that OpenSSL takes for the certificate's because it says so itself, while it signs as another one: what
 * comes of it is a server without the key to its certificate.
 */
export function pretended(certificate: Certificate): string {
  const secret = keys('p256', 'somebody else').privateKey.export({ format: 'jwk' }).d as string
  const point = certificate.keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
  const key = der.sequence(
    der.integer(1),
    der.octets(Buffer.from(secret, 'base64url')),
    der.explicit(1, der.bits(point))
  )
  const algorithm = der.sequence(der.oid('1.2.840.10045.2.1'), der.oid('1.2.840.10045.3.1.7'))
  return der.pem('PRIVATE KEY', der.sequence(der.integer(0), algorithm, der.octets(key)))
}
