// Addresses as users write them: which are understood, and that all others are refused before any I/O, by name.

import { inspect } from 'node:util'
import test from 'ava'
import { type Address, connect, type LookupFunction, processRequest } from 'tcpull'
import { within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'

const GOOD: [string, '127.0.0.1' | '::1', (port: number) => Address][] = [
  ['host:port', '127.0.0.1', (port) => `127.0.0.1:${port}`],
  ['tcp://host:port', '127.0.0.1', (port) => `tcp://127.0.0.1:${port}`],
  ['TCP://host:port/', '127.0.0.1', (port) => `TCP://127.0.0.1:${port}/`],
  ['a name', '127.0.0.1', (port) => `localhost:${port}`],
  ['a name in capitals', '127.0.0.1', (port) => `LOCALHOST:${port}`],
  ['[::1]:port', '::1', (port) => `[::1]:${port}`],
  ['tcp://[::1]:port', '::1', (port) => `tcp://[::1]:${port}`],
  ['[0:0:0:0:0:0:0:1]:port', '::1', (port) => `[0:0:0:0:0:0:0:1]:${port}`],
  ['{ host, port }', '127.0.0.1', (port) => ({ host: '127.0.0.1', port })],
  ['{ host: name, port }', '127.0.0.1', (port) => ({ host: 'localhost', port })],
  ['{ host: IPv6, port }', '::1', (port) => ({ host: '::1', port })],
  ['{ host: [IPv6], port }', '::1', (port) => ({ host: '[::1]', port })]
]

for (const [title, host, address] of GOOD) {
  test(`${title} is understood`, async (t) => {
    const server = await listen(t, () => {}, host)
    const client = await within(connect(address(portOf(server)), { family: host === '::1' ? 6 : 4 }))
    t.teardown(() => client.destroy())
    t.is(client.remoteAddress, host)
    t.is(client.remotePort, portOf(server))
  })
}

test('international names go through IDNA', async (t) => {
  const asked: string[] = []
  const lookup: LookupFunction = (name, _options, callback) => {
    asked.push(name)
    callback(new Error('enough'), [])
  }
  for (const host of [
    'bücher.example',
    'BÜCHER.example',
    'пример.рф',
    '例え.テスト',
    'faß.example',
    'name_with_underscore.x',
    'a.b.'
  ]) {
    await t.throwsAsync(connect({ host, port: 1 }, { lookup }))
    await t.throwsAsync(connect(`${host}:1`, { lookup }))
  }
  t.deepEqual(
    asked.filter((_, index) => index % 2 === 0),
    [
      'xn--bcher-kva.example',
      'xn--bcher-kva.example',
      'xn--e1afmkfd.xn--p1ai',
      'xn--r8jz45g.xn--zckzah',
      'xn--fa-hia.example',
      'name_with_underscore.x',
      'a.b.'
    ]
  )
  t.deepEqual(
    asked.filter((_, index) => index % 2 === 1),
    asked.filter((_, index) => index % 2 === 0)
  )
})

const BAD: unknown[] = [
  undefined,
  null,
  5,
  true,
  [],
  ['127.0.0.1', 80],
  () => {},
  '',
  ' ',
  ':',
  ':80',
  'host',
  'host:',
  'host:0',
  'host:65536',
  'host:-1',
  'host:+80',
  'host:8 0',
  'host:80a',
  'host:0x50',
  'host:1e3',
  'host:80:',
  'host:80/path',
  'host:80?query',
  'host:80#hash',
  'ho st:80',
  'host\n:80',
  'host\r\nHost: x:80',
  'host\0:80',
  'ho\tst:80',
  ' host:80',
  'host:80 ',
  'a..b:80',
  '.:80',
  'a/b:80',
  'a<b:80',
  'a%b:80',
  '1.2.3.256:80',
  '999.1:80',
  '::1:80',
  '::1',
  '[::1]',
  '[::1',
  '[::1]80',
  '[]:80',
  '[host]:80',
  '[127.0.0.1]:80',
  '[::g]:80',
  '[::1%]:80',
  'http://host:80',
  '://host:80',
  'tcp:host:80',
  'tcp//host:80',
  'tcp://host',
  'tcp://host:80/path',
  'tcp://',
  'xn--a:80',
  {},
  { host: 'host' },
  { port: 80 },
  { host: '', port: 80 },
  { host: 5, port: 80 },
  { host: null, port: 80 },
  { host: 'host:80', port: 80 },
  { host: 'ho st', port: 80 },
  { host: 'host\0', port: 80 },
  { host: '[::1', port: 80 },
  { host: 'host', port: 0 },
  { host: 'host', port: -1 },
  { host: 'host', port: 65_536 },
  { host: 'host', port: 1.5 },
  { host: 'host', port: Number.NaN },
  { host: 'host', port: '80' },
  { host: 'host', port: null }
]

for (const address of BAD) {
  test(`${inspect(address)} is refused before any I/O`, async (t) => {
    const lookup = (): void => t.fail('it was looked up')
    const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE', message: /address/ }
    await t.throwsAsync(connect(address as Address, { lookup }), expected)
    await t.throwsAsync(processRequest(address as Address, 'data', { lookup }), expected)
  })
}

test('an address with a password is refused without naming it', async (t) => {
  for (const address of ['user:secret@host:80', 'tcp://user:secret@host:80', { host: 'user:secret@host', port: 80 }]) {
    const error = await t.throwsAsync(connect(address), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' })
    t.notRegex(`${error?.message} ${error?.stack} ${JSON.stringify(error)}`, /secret/)
  }
})

test('a tls address is not connected to in the clear, whatever the options say', async (t) => {
  const refused = { code: 'ERR_INVALID_ARG_VALUE', message: /options\.tls/ }
  await t.throwsAsync(connect('tls://127.0.0.1:1', { tls: false }), refused)
})
