// Node's permission model: what tcpull needs of it is said in the error, and its word on the network is kept.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { type Host, networkIsDenied } from '#src/permission'
import { majors, testOn } from '../helpers/nodes'
import { root } from '../helpers/project'
import { serve } from '../helpers/workers'

// What the program does where its permissions let it; a failure is one line of JSON.
const PROGRAM = `
  const told = ({ code, name, message }) => JSON.stringify({ code, name, message })
  const address = { host: '127.0.0.1', port: Number(process.argv[1]) }
  const ask = (client) => client.request('hello\\n', { line: true })
  async function main() {
    const { connect } = require('tcpull')
    const client = await connect(address)
    console.log(await ask(client))
    if (process.argv[2] === 'drop') {
      process.permission.drop('net')
      console.log(await ask(client), told(await connect(address).catch((error) => error)))
    }
    client.destroy()
  }
  main().catch((error) => console.log(told(error)))`

/** What the program prints in Node with these flags, which let it read files. */
async function printed(t: ExecutionContext, node: string, flags: string[], ...more: string[]): Promise<string> {
  const port = await serve(t, (socket) => socket.pipe(socket))
  const given = [...flags, '--allow-fs-read=*', '--no-warnings', '-e', PROGRAM, String(port), ...more]
  const { stdout, stderr } = await promisify(execFile)(node, given, { cwd: root })
  t.is(stderr, '')
  return stdout.trim()
}

const DENIED =
  `{"code":"ERR_ACCESS_DENIED","name":"TcpError","message":"connect ERR_ACCESS_DENIED: ` +
  `Node's permission model denies the network here; --allow-net allows it"}`

for (const major of majors.filter((major) => major >= 20)) {
  const permission = major === 20 ? '--experimental-permission' : '--permission'

  testOn(major, 'without --allow-addons the error says that this is what lacks,', async (t, node) => {
    const { code, message } = JSON.parse(await printed(t, node, [permission]))
    t.is(code, 'ERR_TCPULL_BINARY')
    t.regex(message, /under --permission Node needs --allow-addons/)
    t.false(message.includes('npm install'))
  })

  // Before Node 25 the permission model has no word on the network.
  if (major < 25) {
    testOn(major, 'with --allow-addons alone a conversation is possible', async (t, node) => {
      t.is(await printed(t, node, [permission, '--allow-addons']), 'hello')
    })
    continue
  }

  testOn(major, 'without --allow-net no connection is dialled', async (t, node) => {
    t.is(await printed(t, node, [permission, '--allow-addons']), DENIED)
  })

  testOn(major, 'once --allow-net is dropped a conversation goes on and no new one starts,', async (t, node) => {
    const flags = [permission, '--allow-addons', '--allow-net']
    t.is(await printed(t, node, flags, 'drop'), `hello\nhello ${DENIED}`)
  })

  testOn(major, 'an audit of permissions lets a conversation pass', async (t, node) => {
    t.is(await printed(t, node, ['--permission-audit']), 'hello')
  })
}

const host = (permission: Host['permission'], flags: string[] = [], more: Partial<Host> = {}): Host => ({
  permission,
  allowedNodeEnvironmentFlags: new Set(flags),
  execArgv: [],
  env: {},
  ...more
})
const nothing = { has: () => false }

test('nothing is denied without the permission model, nor by one that knows no network', (t) => {
  t.false(networkIsDenied(host(undefined, ['--allow-net'])))
  t.false(networkIsDenied(host(nothing)))
})

test('a permission model that knows the network is believed', (t) => {
  t.true(networkIsDenied(host(nothing, ['--allow-net'])))
  t.false(networkIsDenied(host({ has: (scope) => scope === 'net' }, ['--allow-net'])))
})

test('an audit of permissions denies nothing', (t) => {
  t.false(networkIsDenied(host(nothing, ['--allow-net'], { execArgv: ['--permission-audit'] })))
  t.false(networkIsDenied(host(nothing, ['--allow-net'], { env: { NODE_OPTIONS: '--a  --permission-audit' } })))
})
