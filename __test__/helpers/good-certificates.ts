// Certificates that a client has to accept, unusual as they may be: the counterpart of the bad ones, without which a client
// that refuses everything would pass. Knows no connections.

import { createHash } from 'node:crypto'
import { between, root, rootOf, site, strangeRoot } from './authorities'
import { type Certificate, certificate, dns, ip, keys, type Recipe } from './certificates'
import { type Case, type Setup, serving } from './tls-cases'

function good(name: string, make: () => Setup | readonly Certificate[], host?: string): Case {
  const setup = (): Setup => {
    const made = make()
    return 'chain' in made ? made : { chain: made }
  }
  return serving(name, setup, host)
}

/** A site's certificate with a key of one kind, signed over one hash by an authority with such a key. */
function ofKind(kind: Parameters<typeof keys>[0], hash?: Recipe['hash']): Certificate[] {
  const authority = between({ keys: keys(kind, 'between') })
  return [site({ keys: keys(kind), issuedBy: authority, ...(hash && { hash }) }), authority]
}

const algorithms: Case[] = [
  good('ECDSA with P-256', () => ofKind('p256')),
  good('ECDSA with P-384', () => ofKind('p384')),
  good('ECDSA with P-256 over SHA-384', () => ofKind('p256', 'sha384')),
  good('ECDSA with P-384 over SHA-256', () => ofKind('p384', 'sha256')),
  good('RSA of 2048 bits over SHA-256', () => ofKind('rsa2048')),
  good('RSA of 2048 bits over SHA-384', () => ofKind('rsa2048', 'sha384')),
  good('RSA of 2048 bits over SHA-512', () => ofKind('rsa2048', 'sha512')),
  good('RSA of 4096 bits', () => [site({ keys: keys('rsa4096') })]),
  good('Ed25519', () => ofKind('ed25519')),
  ...(['TLSv1.2', 'TLSv1.3'] as const).flatMap((version) =>
    (['p256', 'rsa2048', 'ed25519'] as const).map((kind) =>
      good(`${kind} in ${version}`, () => ({
        chain: ofKind(kind),
        server: { minVersion: version, maxVersion: version }
      }))
    )
  )
]

const middle = () => between({ subject: 'Middle', keys: keys('p256', 'middle') })

/** Leaf, the authority that signed it, and the one that signed that. */
function long(): [Certificate, Certificate, Certificate] {
  const upper = middle()
  const lower = between({ issuedBy: upper })
  return [site({ issuedBy: lower }), lower, upper]
}

const chains: Case[] = [
  good('two authorities between', () => long()),
  good('authorities in reverse order', () => {
    const [leaf, lower, upper] = long()
    return [leaf, upper, lower]
  }),
  good('authorities that have nothing to do with it', () => {
    const [leaf, lower, upper] = long()
    return [leaf, strangeRoot(), between({ subject: 'Elsewhere' }), lower, middle(), upper]
  }),
  good('the root, sent along', () => [...ofKind('p256'), root()]),
  good('two authorities of one name, of which the first is of yesterday', () => {
    const authority = between()
    return [site({ issuedBy: authority }), between({ from: -30, to: -1 }), authority]
  }),
  good('two authorities of one name, of which the first has another key', () => {
    const authority = between()
    return [site({ issuedBy: authority }), between({ keys: keys('p256', 'other') }), authority]
  }),
  good('an authority between that is trusted, and whose root is not', () => {
    const authority = between({ issuedBy: strangeRoot() })
    return { chain: [site({ issuedBy: authority })], trusted: [authority] }
  }),
  good('one of many that are trusted', () => ({
    chain: [site()],
    trusted: [strangeRoot(), rootOf('Another root'), root()]
  })),
  good('as many authorities above one another as it may have', () => {
    const upper = between({ pathLength: 1, subject: 'Upper', keys: keys('p256', 'upper') })
    const lower = between({ pathLength: 0, issuedBy: upper })
    return [site({ issuedBy: lower }), lower, upper]
  }),
  good('a name that its authority may give', () => {
    const authority = between({ permitted: [dns('name.test')], excluded: [dns('other.name.test')] })
    return [site({ issuedBy: authority }), authority]
  })
]

const named = (...names: Buffer[]) => [site({ names })]

const names: Case[] = [
  good('a thousand names, of which the last one is meant', () => {
    const others = Array.from({ length: 999 }, (_, number) => dns(`host-${number}.example.test`))
    return named(...others, dns('name.test'))
  }),
  good('an address', () => named(ip('127.0.0.1')), '127.0.0.1'),
  good('an address of IPv6', () => named(ip('::1')), '::1'),
  good('a name and an address', () => named(dns('other.test'), ip('127.0.0.1'), dns('name.test'))),
  good('a wildcard for one label', () => named(dns('*.name.test')), 'www.name.test'),
  good('capitals', () => named(dns('NAME.Test'))),
  good('capitals in what is dialled', () => named(dns('name.test')), 'Name.TEST'),
  good('a name in international form', () => named(dns('xn--bcher-kva.test')), 'bücher.test'),
  good('a wildcard for a name in international form', () => named(dns('*.name.test')), 'bücher.name.test'),
  good('an underline in the name', () => named(dns('my_host.name.test')), 'my_host.name.test'),
  good('a subject that is empty', () => [site({ subject: [] })]),
  good('a subject of many parts', () => {
    const subject = [
      ['C', 'NL'],
      ['O', 'Größe, "Söhne" & Co'],
      ['OU', 'a'],
      ['OU', 'b'],
      ['CN', 'x']
    ] as const
    return [site({ subject })]
  }),
  good('no use that it names', () => [certificate({ issuedBy: root(), names: [dns('name.test')] })]),
  good('more uses than one', () => [
    site({ purposes: ['client', 'server'], usage: ['digitalSignature', 'keyEncipherment'] })
  ])
]

/** A certificate that signs itself. */
const alone = (recipe: Recipe = {}) => site({ issuedBy: { subject: 'name.test', keys: keys() }, ...recipe })

const trusted = (leaf: Certificate): Setup => ({ chain: [leaf], trusted: [leaf] })

/** Trusts this certificate or key alone. */
const pinned = (bytes: Uint8Array, leaf: Certificate): Setup => ({
  chain: [leaf],
  trusted: [],
  client: { pin: createHash('sha256').update(bytes).digest('hex') }
})

const known: Case[] = [
  good('a certificate that signs itself and is trusted', () => trusted(alone())),
  good('an authority that signs itself and is trusted', () => trusted(alone({ ca: true }))),
  good('a certificate that is trusted itself, but not its root', () => trusted(site({ issuedBy: strangeRoot() }))),
  good('a certificate that is pinned', () => {
    const leaf = alone({ to: -1, from: -2, names: [dns('other.test')] })
    return pinned(leaf.raw, leaf)
  }),
  good('a key that is pinned', () => {
    const leaf = alone({ names: [dns('other.test')] })
    return pinned(leaf.keys.publicKey.export({ type: 'spki', format: 'der' }), leaf)
  })
]

export const goodCertificates: readonly Case[] = [...algorithms, ...chains, ...names, ...known]
