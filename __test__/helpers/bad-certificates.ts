// Every kind of certificate that a client has to refuse, each wrong in one way, with the code that tells why. Knows no
// connections.

import { between, root, rootOf, site, strangeRoot } from './authorities'
import {
  type Certificate,
  certificate,
  dns,
  email,
  extension,
  ip,
  ipRange,
  keys,
  pretended,
  type Recipe,
  uri
} from './certificates'
import { type Refusal, type Setup, serving } from './tls-cases'

function bad(name: string, code: string, make: () => Setup | readonly Certificate[], host?: string): Refusal {
  const setup = (): Setup => {
    const made = make()
    return 'chain' in made ? made : { chain: made }
  }
  return { ...serving(name, setup, host), code, phase: 'tls' }
}

/** A site's certificate from an authority that is made so, and that authority's. */
function under(recipe: Recipe, leaf: Recipe = {}): Certificate[] {
  const authority = between(recipe)
  return [site({ issuedBy: authority, ...leaf }), authority]
}

/** A certificate with these names alone, whatever its subject. */
const named = (...names: Buffer[]) => [site({ names })]

/** An extension that nobody knows. */
const unknown = extension('1.3.6.1.4.1.99999.1', true, Buffer.from([5, 0]))

const dates: Refusal[] = [
  bad('a certificate of yesterday', 'CERT_HAS_EXPIRED', () => [site({ from: -30, to: -1 })]),
  bad('a certificate of tomorrow', 'CERT_NOT_YET_VALID', () => [site({ from: 1 })]),
  bad('an authority of yesterday', 'CERT_HAS_EXPIRED', () => under({ from: -30, to: -1 })),
  bad('an authority of tomorrow', 'CERT_NOT_YET_VALID', () => under({ from: 1 }))
]

const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID'

const names: Refusal[] = [
  bad("another host's certificate", WRONG_NAME, () => named(dns('other.test'))),
  bad('the name below that of the certificate', WRONG_NAME, () => named(dns('name.test')), 'www.name.test'),
  bad('the name above that of the certificate', WRONG_NAME, () => named(dns('www.name.test'))),
  bad('a name in the subject alone', WRONG_NAME, () => [certificate({ issuedBy: root() })]),
  bad('its name in the subject, and others beside it', WRONG_NAME, () => named(dns('other.test'), ip('127.0.0.1'))),
  bad('a wildcard for everything', WRONG_NAME, () => named(dns('*'))),
  bad('a wildcard for a top-level domain', WRONG_NAME, () => named(dns('*.test'))),
  bad(
    'a wildcard in a part of a label',
    WRONG_NAME,
    () => named(dns('w*.name.test'), dns('*w.name.test')),
    'www.name.test'
  ),
  bad('a wildcard in the middle', WRONG_NAME, () => named(dns('www.*.test')), 'www.name.test'),
  bad('two wildcards', WRONG_NAME, () => named(dns('*.*.test')), 'www.name.test'),
  bad('a wildcard for two labels', WRONG_NAME, () => named(dns('*.name.test')), 'a.www.name.test'),
  bad('a wildcard for no label', WRONG_NAME, () => named(dns('*.name.test'))),
  bad('a wildcard for an address', WRONG_NAME, () => named(dns('*.0.0.1')), '127.0.0.1'),
  bad('an address among the host names', WRONG_NAME, () => named(dns('127.0.0.1')), '127.0.0.1'),
  bad('an address in the subject alone', WRONG_NAME, () => [site({ subject: '127.0.0.1' })], '127.0.0.1'),
  bad("a host's name for an address", WRONG_NAME, () => named(dns('name.test')), '127.0.0.1'),
  bad('another address', WRONG_NAME, () => named(ip('127.0.0.2'), ip('::1')), '127.0.0.1'),
  bad('an address of the other family', WRONG_NAME, () => named(ip('::ffff:7f00:1')), '127.0.0.1'),
  bad('a name as a URI', WRONG_NAME, () => named(uri('https://name.test'), uri('name.test'))),
  bad('a name as a mail address', WRONG_NAME, () => named(email('name.test'), email('root@name.test'))),
  bad('a NUL behind the name', WRONG_NAME, () => named(dns('name.test\0.evil.test'))),
  bad('a NUL before the name', WRONG_NAME, () => named(dns('evil.test\0name.test'))),
  bad('a comma and the name', WRONG_NAME, () => named(dns('evil.test, DNS:name.test'), dns('evil.test,name.test'))),
  bad('a URI with the name behind a comma', WRONG_NAME, () => named(uri('http://evil.test/, DNS:name.test'))),
  bad('the subject with the name behind a comma', WRONG_NAME, () => [
    site({ subject: 'evil.test, CN=name.test', names: [dns('evil.test')] })
  ]),
  bad('spaces around the name', WRONG_NAME, () => named(dns(' name.test'), dns('name.test ')))
]

const chains: Refusal[] = [
  bad('a certificate that signs itself', 'DEPTH_ZERO_SELF_SIGNED_CERT', () => [site({ issuedBy: itself() })]),
  // As `openssl req -x509` makes them.
  bad('an authority that signs itself', 'DEPTH_ZERO_SELF_SIGNED_CERT', () => [site({ issuedBy: itself(), ca: true })]),
  bad('a certificate that signs itself, and nothing trusted but the system', 'DEPTH_ZERO_SELF_SIGNED_CERT', () => ({
    chain: [site({ issuedBy: itself() })],
    trusted: []
  })),
  bad('a root that is not trusted', 'SELF_SIGNED_CERT_IN_CHAIN', () => [
    site({ issuedBy: strangeRoot() }),
    strangeRoot()
  ]),
  bad('a root that is not trusted behind another authority', 'SELF_SIGNED_CERT_IN_CHAIN', () => [
    ...under({ issuedBy: strangeRoot() }),
    strangeRoot()
  ]),
  bad('a root that is not trusted and not sent', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', () =>
    under({ issuedBy: strangeRoot() })
  ),
  bad('an authority between that is not sent', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', () => [
    site({ issuedBy: between() })
  ]),
  bad('another authority in place of the one between', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', () => [
    site({ issuedBy: between() }),
    between({ subject: 'Something else' })
  ]),
  bad("a trusted root's name with another key", 'CERT_SIGNATURE_FAILURE', () => [
    site({ issuedBy: { subject: root().subject, keys: keys('p256', 'forger') } })
  ]),
  bad('a site that is an authority', 'INVALID_CA', () => [site({ ca: true })]),
  bad('a site that signs a site', 'INVALID_CA', () => under({ ca: false })),
  bad('an authority that does not say that it is one', 'INVALID_CA', () => [
    site({ issuedBy: { subject: 'Plain', keys: keys('p256', 'plain') } }),
    certificate({ subject: 'Plain', issuedBy: root(), keys: keys('p256', 'plain') })
  ]),
  bad('an authority below one that may have none', 'PATH_LENGTH_EXCEEDED', () => {
    const above = between({ pathLength: 0, subject: 'Last', keys: keys('p256', 'last') })
    return [...under({ issuedBy: above }), above]
  })
]

const contents: Refusal[] = [
  bad("a client's certificate", 'INVALID_PURPOSE', () => [site({ purposes: ['client'] })]),
  bad('a certificate for code', 'INVALID_PURPOSE', () => [site({ purposes: ['code'] })]),
  bad("an authority of clients' certificates", 'INVALID_PURPOSE', () => under({ purposes: ['client'] })),
  bad('a name that its authority may not give', 'PERMITTED_VIOLATION', () =>
    under({ permitted: [dns('example.test')] })
  ),
  bad('a name that its authority must not give', 'PERMITTED_VIOLATION', () => under({ excluded: [dns('name.test')] })),
  bad(
    'an address that its authority may not give',
    'PERMITTED_VIOLATION',
    () => under({ permitted: [ipRange('10.0.0.0', '255.0.0.0')] }, { names: [ip('127.0.0.1')] }),
    '127.0.0.1'
  ),
  bad('a signature over SHA-1', 'UNSUPPORTED_SIGNATURE_ALGORITHM', () => [site({ hash: 'sha1' })]),
  bad('a signature over SHA-1 by RSA', 'UNSUPPORTED_SIGNATURE_ALGORITHM', () => rsa({ hash: 'sha1' })),
  bad('a signature over MD5', 'UNSUPPORTED_SIGNATURE_ALGORITHM', () => rsa({ hash: 'md5' })),
  bad('an authority with a signature over SHA-1', 'UNSUPPORTED_SIGNATURE_ALGORITHM', () => under({ hash: 'sha1' })),
  bad('an RSA key of 1024 bits', 'EE_KEY_TOO_SMALL', () => [site({ keys: keys('rsa1024') })]),
  bad('an authority with an RSA key of 1024 bits', 'CERT_SIGNATURE_FAILURE', () => under({ keys: keys('rsa1024') })),
  bad('a critical extension that nobody knows', 'UNHANDLED_CRITICAL_EXTENSION', () => [
    site({ extensions: [unknown] })
  ]),
  bad('an authority with a critical extension that nobody knows', 'UNHANDLED_CRITICAL_EXTENSION', () =>
    under({ extensions: [unknown] })
  ),
  bad('a certificate of version 1', 'ERR_TLS_CERT_INVALID', () => [certificate({ issuedBy: root(), version: 1 })]),
  bad('an authority of version 1', 'ERR_TLS_CERT_INVALID', () => under({ version: 1 })),
  bad('a spoilt signature', 'CERT_SIGNATURE_FAILURE', () => [site({ corrupt: true })]),
  bad('a spoilt signature by RSA', 'CERT_SIGNATURE_FAILURE', () => rsa({ corrupt: true })),
  bad('an authority with a spoilt signature', 'CERT_SIGNATURE_FAILURE', () => under({ corrupt: true })),
  ...(['TLSv1.2', 'TLSv1.3'] as const).map((version) =>
    bad(`a server without the key of its certificate, in ${version}`, 'ERR_SSL_BAD_SIGNATURE', () => ({
      chain: [site()],
      key: pretended(site()),
      server: { minVersion: version, maxVersion: version }
    }))
  ),
  bad('a certificate that is not the pinned one, though the root is trusted', 'ERR_TLS_PIN_MISMATCH', () => ({
    chain: [site()],
    client: { pin: 'ab'.repeat(32) }
  }))
]

/** Who a certificate names as its issuer that is its own. */
function itself(): { subject: string; keys: ReturnType<typeof keys> } {
  return { subject: 'name.test', keys: keys() }
}

/** A site's certificate, signed by an authority with an RSA key. */
function rsa(recipe: Recipe): Certificate[] {
  const authority = between({ keys: keys('rsa2048', 'between') })
  return [site({ issuedBy: authority, ...recipe }), authority]
}

/**
 * Authorities that all have one name, so that each may have signed each: a search through all the ways between them does not
 * end (the advisories RUSTSEC-2023-0052 and CVE-2018-16875 are of this kind).
 */
function crowd(name: string, count: number): Certificate[] {
  const members = Array.from({ length: count }, (_, number) => keys('p256', `one of the crowd ${number}`))
  const chain = members.map((own, number) => {
    const signer = members[(number + 1) % count] as typeof own
    return between({ subject: name, keys: own, issuedBy: { subject: name, keys: signer } })
  })
  return [site({ issuedBy: { subject: name, keys: keys('p256', 'none of the crowd') } }), ...chain]
}

const hostile: Refusal[] = [
  bad('a crowd of authorities that signed one another', 'CERT_CHAIN_TOO_LONG', () => crowd('Crowd', 40)),
  bad("a crowd of authorities with the trusted root's name", 'CERT_CHAIN_TOO_LONG', () => ({
    chain: crowd('Crowded root', 60),
    trusted: [rootOf('Crowded root')]
  }))
]

export const badCertificates: readonly Refusal[] = [...dates, ...names, ...chains, ...contents, ...hostile]
