// The certificates that most tests of TLS need: a root to trust, one between, and a site's. Knows no servers.

import { type Certificate, certificate, dns, keys, type Name, type Recipe } from './certificates'

/** Makes it when it is first asked for, and once. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

const AUTHORITY = { ca: true, usage: ['keyCertSign', 'cRLSign'] } as const

export function rootOf(subject: Name, recipe: Recipe = {}): Certificate {
  return certificate({ subject, keys: keys('p256', `root ${subject}`), ...AUTHORITY, ...recipe })
}

/** What the tests trust. */
export const root = lazily(() =>
  rootOf([
    ['O', 'Tests'],
    ['C', 'NL'],
    ['CN', 'Root of the tests']
  ] as const)
)

/** What no test trusts. */
export const strangeRoot = lazily(() => rootOf('Root of somebody else'))

/** An authority under another one, by default under the root. */
export function between(recipe: Recipe = {}): Certificate {
  const subject = 'Between the root and the sites'
  return certificate({ subject, issuedBy: root(), keys: keys('p256', 'between'), ...AUTHORITY, ...recipe })
}

/** What a server of `name.test` has, by default from the root. */
export function site(recipe: Recipe = {}): Certificate {
  return certificate({
    issuedBy: root(),
    ca: false,
    names: [dns('name.test')],
    usage: ['digitalSignature'],
    purposes: ['server'],
    ...recipe
  })
}
