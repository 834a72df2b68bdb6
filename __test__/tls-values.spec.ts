// Values of TLS options that break a rule: a `TypeError` that names the option, before any I/O, and without a word of what is
// secret. That none of them weakens anything, tests of their own show.

import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { connect, type TcpClient, type TlsOptions } from 'tcpull'
import { between, root, site } from './helpers/authorities'
import { keys } from './helpers/certificates'
import { pem } from './helpers/der'
import { fails, within } from './helpers/failures'
import { direct, exchange, toLoopback, ways } from './helpers/tls-cases'
import { tlsPeer } from './helpers/tls-peers'

const PASSPHRASE = 'the horse that is correct'
const WRONG_PASSPHRASE = 'the battery that is wrong'

const own = keys('p256', 'client')
const client = site({ keys: own, purposes: ['client'] })
const { cert, key } = { cert: client.pem, key: client.key }
const encrypted = own.privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: PASSPHRASE
}) as string
const publicKey = own.publicKey.export({ type: 'spki', format: 'pem' }) as string
const ca = root().pem
const hash = 'ab'.repeat(32)

/** Values that break a rule; the first one's name is that of the option, unless another is given. */
type Wrong = readonly [options: Record<string, unknown>, named?: string]

const WRONG: Record<string, readonly Wrong[]> = {
  versions: [
    ...['TLSv1.1', 'TLSv1', 'SSLv3', 'TLSv1.4', 'TLSv1_2_method', 'tlsv1.2', '1.2', 1.2, 0x0303].flatMap(
      (version): Wrong[] => [[{ minVersion: version }], [{ maxVersion: version }]]
    ),
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }]
  ],
  'authorities to trust': [
    [{ ca: 'no certificate' }],
    [{ ca: Buffer.from('no certificate') }],
    [{ ca: pem('CERTIFICATE', Buffer.from('no certificate')) }],
    [{ ca: ca.slice(0, 200) }],
    [{ ca: ca.replace('END', 'FIN') }],
    [{ ca: ca.replace(/\n(?=-----END)/, '!\n') }],
    [{ ca: root().raw.subarray(0, -1) }],
    [{ ca: Buffer.concat([root().raw, Buffer.alloc(1)]) }],
    [{ ca: [ca, 'no certificate'] }],
    [{ ca: [ca, 5] }],
    [{ ca: ca + pem('CERTIFICATE', Buffer.from('none')) }],
    [{ ca: key }],
    [{ ca: publicKey }],
    [{ caOnly: true }],
    [{ caOnly: true, ca: [] }, 'ca'],
    [{ caOnly: 'yes', ca }]
  ],
  'client certificates': [
    [{ cert }],
    [{ cert: 'no certificate', key }],
    [{ cert: pem('CERTIFICATE', Buffer.from('no certificate')), key }],
    [{ cert: key, key }],
    [{ cert: [cert], key }],
    [{ cert: {}, key }]
  ],
  'client keys': [
    [{ key }],
    [{ key: 'no key', cert }],
    [{ key: pem('PRIVATE KEY', Buffer.from('no key')), cert }],
    [{ key: key.slice(0, 100), cert }],
    [{ key: Buffer.from([0x30, 1, 0]), cert }],
    [{ key: publicKey, cert }],
    [{ key: own.publicKey, cert }],
    [{ key: cert, cert }],
    [{ key: [key], cert }],
    [{ key: { key }, cert }],
    [{ key: encrypted, cert }],
    [{ key: encrypted, cert, passphrase: '' }],
    [{ key: encrypted, cert, passphrase: WRONG_PASSPHRASE }],
    [{ key: encrypted, cert, passphrase: Buffer.from(PASSPHRASE) }, 'passphrase'],
    [{ key: encrypted, cert, passphrase: [PASSPHRASE] }, 'passphrase'],
    [{ key: keys('p256', 'somebody else').privateKey, cert }],
    [{ key: keys('rsa2048', 'between').privateKey, cert }]
  ],
  names: [
    ...[
      '',
      ' ',
      'name test',
      'name..test',
      '.test',
      '*.name.test',
      'name.test:443',
      'name.test/',
      'na\0me',
      '[::1]:1'
    ].map((servername): Wrong => [{ servername }]),
    [{ servername: 'x'.repeat(64) }],
    [{ servername: `${'x.'.repeat(127)}test` }],
    [{ servername: 5 }],
    [{ servername: ['name.test'] }]
  ],
  'application protocols': [
    [{ ALPNProtocols: [''] }],
    [{ ALPNProtocols: ['x'.repeat(256)] }],
    [{ ALPNProtocols: ['é'.repeat(128)] }],
    [{ ALPNProtocols: ['h2', ''] }],
    [{ ALPNProtocols: 'h2' }],
    [{ ALPNProtocols: [5] }],
    [{ ALPNProtocols: [null] }],
    [{ ALPNProtocols: Buffer.from('\x02h2') }]
  ],
  pins: [
    ...[
      'abc',
      hash.slice(1),
      `${hash}a`,
      hash.slice(0, 40),
      `${hash.slice(0, 63)}g`,
      ` ${hash}`,
      `${hash}\n`,
      `sha256/${hash}`,
      `sha256/${Buffer.alloc(31).toString('base64')}`,
      `sha256/${Buffer.alloc(33).toString('base64')}`,
      `sha1/${Buffer.alloc(20).toString('base64')}`,
      Buffer.alloc(32).toString('base64')
    ].map((pin): Wrong => [{ pin }]),
    [{ pin: [hash, 'abc'] }],
    [{ pin: [hash, 5] }],
    [{ pin: Buffer.alloc(32) }]
  ],
  'flags and files': [
    [{ rejectUnauthorized: 'false' }],
    [{ rejectUnauthorized: 0 }],
    [{ session: 'no' }],
    [{ session: Buffer.alloc(10) }],
    [{ keylog: false }],
    [{ keylog: '' }],
    [{ keylog: 5 }]
  ]
}

/** What no error may hold: the passphrases, and whatever of the keys stands between their first and last lines. */
const SECRETS = [PASSPHRASE, WRONG_PASSPHRASE, ...[key, encrypted].flatMap((text) => text.split('\n').slice(1, -2))]

function keepsSecrets(t: ExecutionContext, error: Error): void {
  const shown = inspect(error, { depth: null, showHidden: true, maxStringLength: null })
  const all = [error.message, error.stack, shown, JSON.stringify(error), String(error.cause)].join('\n')
  const told = SECRETS.filter(
    (secret) => all.includes(secret) || all.includes(inspect(Buffer.from(secret)).slice(8, 60))
  )
  t.deepEqual(told, [], error.message)
}

async function refusesValue(t: ExecutionContext, opening: Promise<TcpClient>, [options, named]: Wrong): Promise<void> {
  const name = named ?? Object.keys(options)[0]
  const given = inspect(options, { depth: 1 })
  const error = await t.throwsAsync(within(opening), { instanceOf: TypeError }, given)
  const { code, message } = error as Error & { code?: string }
  t.regex(code ?? '', /^ERR_INVALID_ARG_(TYPE|VALUE)$/, message)
  // With a word boundary behind it: `options.tls.ca` is not the name of `caOnly`.
  t.regex(message, new RegExp(`^options\\.tls\\.${name}\\b`), given)
  keepsSecrets(t, error as Error)
}

for (const [kind, list] of Object.entries(WRONG)) {
  test(`${kind} that break a rule are refused before any I/O`, async (t) => {
    const { port, seen, settled } = await tlsPeer(t, { cert: site().pem, key: site().key })
    let asked = 0
    for (const wrong of list) {
      const lookup: typeof toLoopback = (...given) => {
        asked++
        toLoopback(...given)
      }
      const tls = wrong[0] as TlsOptions
      await refusesValue(t, connect({ host: 'name.test', port }, { lookup, tls }), wrong)
    }
    await settled()
    t.deepEqual([asked, seen.connections], [0, 0])
  })

  test(`${kind} that break a rule are refused by startTls, and the connection stays as it was`, async (t) => {
    const { port, seen, settled } = await tlsPeer(t, { cert: site().pem, key: site().key })
    const client = await connect({ host: 'name.test', port }, { lookup: toLoopback })
    for (const wrong of list) {
      const upgrading = client.startTls(wrong[0] as TlsOptions)
      await refusesValue(
        t,
        upgrading.then(() => client),
        wrong
      )
    }
    t.deepEqual([client.encrypted, client.closed, client.bytesWritten], [false, false, 0])
    client.destroy()
    await settled()
    t.is(seen.handshakes, 0)
  })
}

test('values just within the rules are taken', async (t) => {
  const { port } = await tlsPeer(t, { cert: site().pem, key: site().key })
  const right: TlsOptions[] = [
    { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
    { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
    { ALPNProtocols: ['x', 'x'.repeat(255)] },
    { ca: [Buffer.from(ca), root().raw, between().pem + ca] },
    { ca: `A comment.\r\n${ca.replaceAll('\n', '\r\n')}` },
    { servername: 'NAME.test' },
    { passphrase: PASSPHRASE },
    { key: encrypted, cert, passphrase: PASSPHRASE },
    { session: false, rejectUnauthorized: true }
  ]
  for (const options of right) {
    const tls = { ca, ...options }
    t.is(await exchange(direct({ host: 'name.test', port }, tls)), 'secret', inspect(options))
  }
})

test('a connection that fails tells no secret of its client, and neither does one that lives', async (t) => {
  const mine = { key: encrypted, cert, passphrase: PASSPHRASE }
  const strange = await tlsPeer(t, { cert: client.pem, key: client.key })
  const good = await tlsPeer(t, { cert: site().pem, key: site().key })
  for (const dial of Object.values(ways)) {
    const tls = { ...mine, ca }
    const code = 'INVALID_PURPOSE'
    keepsSecrets(t, await fails(t, dial({ host: 'name.test', port: strange.port }, tls), { code, phase: 'tls' }))
    const living = await dial({ host: 'name.test', port: good.port }, tls)
    keepsSecrets(t, Object.assign(new Error(inspect(living, { depth: null, showHidden: true })), { stack: '' }))
    living.destroy()
    keepsSecrets(t, (await t.throwsAsync(living.write('x'), { any: true })) as Error)
  }
})
