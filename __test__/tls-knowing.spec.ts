// What a client knows of its TLS, and of certificates that say strange things. Knows nothing of how they are refused.

import test, { type ExecutionContext } from 'ava'
import { connect, type PeerCertificate, type TcpClient, type TlsInfo, type TlsOptions } from 'tcpull'
import { root, site } from './helpers/authorities'
import { type Certificate, certificate, chain, dns, email, ip, keys, uri } from './helpers/certificates'
import { fails, within } from './helpers/failures'
import { tlsPeer } from './helpers/tls-peers'

async function dial(t: ExecutionContext, served: Certificate, tls: TlsOptions) {
  const { port } = await tlsPeer(t, { key: served.key, cert: chain(served) })
  const client = await within(connect({ host: '127.0.0.1', port }, { tls }))
  t.teardown(() => client.destroy())
  return client
}

function leafOf({ tls }: TcpClient): PeerCertificate {
  return (tls as TlsInfo).certificates[0] as PeerCertificate
}

test('a connection tells what it agreed on, and with whom', async (t) => {
  const served = site({ names: [dns('name.test'), dns('*.name.test'), ip('127.0.0.1'), ip('::1')], serial: 0xabcdefn })
  const client = await dial(t, served, { ca: root().pem, caOnly: true })
  const { tls } = client
  t.true(client.encrypted)
  t.is(tls, client.tls)
  t.is(tls?.protocol, 'TLSv1.3')
  t.is(tls?.alpn, null)
  t.false(tls?.resumed)
  t.true(tls?.cipher.startsWith('TLS_'), tls?.cipher)
  t.true(['X25519', 'X25519MLKEM768'].includes(tls?.group ?? ''), String(tls?.group))
  t.is(tls?.certificates.length, 1)
  const leaf = leafOf(client)
  t.is(leaf.subject, 'CN=name.test')
  t.true(leaf.issuer.includes('CN=Root of the tests'))
  t.deepEqual(leaf.names, ['name.test', '*.name.test', '127.0.0.1', '0:0:0:0:0:0:0:1'])
  t.is(leaf.serialNumber, 'ABCDEF')
  t.regex(leaf.fingerprint256, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  t.true((leaf.validFrom as Date) < new Date() && new Date() < (leaf.validTo as Date))
  t.true(leaf.raw.equals(served.raw))
  t.is(leaf.pem, served.pem)
  t.true((client.timings.tls as number) > 0)
})

test('a connection without TLS knows of none', async (t) => {
  const { port } = await tlsPeer(t, {})
  const client = await connect({ host: '127.0.0.1', port })
  t.teardown(() => client.destroy())
  t.false(client.encrypted)
  t.is(client.tls, null)
  t.is(client.timings.tls, null)
})

const strange = [
  { names: [uri("x'DNS:"), dns('name.test')], knows: ['name.test'] },
  { names: [uri('http://a/?DNS:evil.test')], knows: [] },
  { names: [uri('a, DNS:evil.test'), dns('name.test')], knows: ['name.test'] },
  { names: [email('a"b, DNS:evil.test'), dns('name.test')], knows: ['name.test'] },
  { names: [dns('a, DNS:evil.test'), dns('name.test')], knows: ['a, DNS:evil.test', 'name.test'] },
  { names: [dns('a"b'), dns('c\\d'), dns('e\0f')], knows: ['a"b', 'c\\d', 'e\0f'] },
  { names: [dns(''), uri(''), dns('name.test')], knows: ['', 'name.test'] }
]

for (const [index, { names, knows }] of strange.entries()) {
  test(`no name passes for another one's part, case ${index + 1}`, async (t) => {
    const served = certificate({ subject: 'name.test', names })
    const client = await dial(t, served, { rejectUnauthorized: false })
    t.deepEqual(leafOf(client).names, knows)
    const { port } = await tlsPeer(t, { key: served.key, cert: chain(served) })
    const error = await fails(t, connect({ host: '127.0.0.1', port }, { tls: true }), { phase: 'tls' })
    t.deepEqual(error.cert?.names, knows)
  })
}

test('a pin is checked although nothing else is', async (t) => {
  const served = site()
  const { port } = await tlsPeer(t, { key: served.key, cert: chain(served) })
  const tls = { rejectUnauthorized: false, pin: 'ab'.repeat(32) }
  await fails(t, connect({ host: '127.0.0.1', port }, { tls }), { code: 'ERR_TLS_PIN_MISMATCH' })
  const client = await dial(t, served, { rejectUnauthorized: false })
  const pin = leafOf(client).fingerprint256
  t.true((await dial(t, served, { rejectUnauthorized: false, pin })).encrypted)
})

test('a certificate with a key that is too small to be judged is taken where nothing is checked', async (t) => {
  const served = certificate({ keys: keys('rsa1024') })
  t.true((await dial(t, served, { rejectUnauthorized: false })).encrypted)
})

for (const name of ['checkServerIdentity', 'ciphers', 'crl', 'pfx', 'secureContext', 'secureProtocol', 'sigalgs']) {
  test(`Node's ${name}, which would not be heeded, is refused`, async (t) => {
    const tls = { [name]: () => {} } as TlsOptions
    const expected = { code: 'ERR_INVALID_ARG_VALUE', message: `options.tls.${name} is not supported` }
    await t.throwsAsync(connect('127.0.0.1:1', { tls }), expected)
  })
}
