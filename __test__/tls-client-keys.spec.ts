// The client's certificate and key in every form that they come in, for a server that asks for them. Which forms are wrong,
// other tests know.

import test, { type ExecutionContext } from 'ava'
import type { TlsOptions } from 'tcpull'
import { between, root, site, strangeRoot } from './helpers/authorities'
import { type Certificate, chain, type KeyKind, keys } from './helpers/certificates'
import { outcome } from './helpers/failures'
import { accepts, exchange, serving, ways } from './helpers/tls-cases'
import { tlsPeer } from './helpers/tls-peers'

const PASSPHRASE = 'the horse that is correct: größer'

type Form = (certificate: Certificate) => Pick<TlsOptions, 'key' | 'passphrase'>

/** The key as text in one of Node's forms. */
const text =
  (type: 'pkcs1' | 'pkcs8' | 'sec1', cipher?: string): Form =>
  ({ keys: { privateKey } }) => {
    const key = privateKey.export({ type, format: 'pem', ...(cipher && { cipher, passphrase: PASSPHRASE }) }) as string
    return { key, ...(cipher && { passphrase: PASSPHRASE }) }
  }

const FORMS: Record<string, [KeyKind, Form]> = {
  'PKCS#8 with ECDSA': ['p256', text('pkcs8')],
  'PKCS#8 with P-384': ['p384', text('pkcs8')],
  'PKCS#8 with RSA': ['rsa2048', text('pkcs8')],
  'PKCS#8 with Ed25519': ['ed25519', text('pkcs8')],
  'PKCS#1': ['rsa2048', text('pkcs1')],
  SEC1: ['p256', text('sec1')],
  'PKCS#8, encrypted with AES-256': ['p256', text('pkcs8', 'aes-256-cbc')],
  'PKCS#8, encrypted with AES-128, with RSA': ['rsa2048', text('pkcs8', 'aes-128-cbc')],
  'PKCS#8, encrypted with triple DES': ['p256', text('pkcs8', 'des-ede3-cbc')],
  'PKCS#1, encrypted': ['rsa2048', text('pkcs1', 'aes-256-cbc')],
  'SEC1, encrypted': ['p256', text('sec1', 'aes-256-cbc')],
  'PKCS#8 in DER': [
    'p256',
    ({ keys: { privateKey } }) => ({ key: privateKey.export({ type: 'pkcs8', format: 'der' }) })
  ],
  'PKCS#8 in DER, encrypted': [
    'p256',
    ({ keys: { privateKey } }) => ({
      key: privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }),
      passphrase: PASSPHRASE
    })
  ],
  'a KeyObject': ['p256', ({ keys: { privateKey } }) => ({ key: privateKey })],
  'text as bytes': ['p256', ({ key }) => ({ key: new Uint8Array(Buffer.from(key)) })],
  'text with Windows line ends and words before it': [
    'p256',
    ({ key }) => ({ key: `Bag Attributes\r\n${key.replaceAll('\n', '\r\n')}` })
  ],
  'a passphrase that is not needed': ['p256', ({ key }) => ({ key, passphrase: PASSPHRASE })]
}

/** Asks for a certificate that leads to the root. */
const asking = { requestCert: true, rejectUnauthorized: true, ca: root().pem }

for (const [name, [kind, form]] of Object.entries(FORMS)) {
  test(`a client shows its certificate with a key in the form ${name}`, async (t) => {
    const client = site({ subject: 'a client', keys: keys(kind, 'client'), purposes: ['client'] })
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = { ...asking, minVersion: version, maxVersion: version }
      const options = { cert: client.pem, ...form(client) }
      const served = serving(name, () => ({ chain: [site()], server, client: options }))
      for (const dial of Object.values(ways)) await accepts(t, served, dial)
    }
  })
}

test('a client sends the authorities between its certificate and the root along', async (t) => {
  const authority = between()
  const client = site({ subject: 'a client', issuedBy: authority, purposes: ['client'] })
  const certificates: TlsOptions['cert'][] = [chain(client, authority), Buffer.from(chain(client, authority))]
  for (const cert of certificates) {
    const served = serving('', () => ({ chain: [site()], server: asking, client: { cert, key: client.key } }))
    for (const dial of Object.values(ways)) await accepts(t, served, dial)
  }
})

async function gets(t: ExecutionContext, cert: string, key: string): Promise<[string, number]> {
  const { port, seen, settled } = await tlsPeer(t, { cert: site().pem, key: site().key, ...asking })
  const dialling = ways['directly']?.({ host: 'name.test', port }, { ca: root().pem, cert, key })
  const end = await outcome(exchange(dialling as Promise<never>))
  await settled()
  return [end, seen.bytes]
}

test('a client whose certificate the server does not trust gets nothing', async (t) => {
  const client = site({ subject: 'a client', issuedBy: strangeRoot(), purposes: ['client'] })
  const [end, bytes] = await gets(t, client.pem, client.key)
  t.regex(end, /^(ECONNRESET|ERR_TLS_TRUNCATED|ERR_SSL_\w+|null)$/)
  t.is(bytes, 0)
})
