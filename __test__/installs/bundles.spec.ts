// An application that esbuild has put into one file runs: with the package left outside, and with its code inside.

import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { npm11 } from './managers'
import { tool } from './setting'
import { succeeded, type Workshop, workshop } from './workshop'

// What esbuild wants of every ES module that has Node's own modules required inside it.
const BANNER =
  "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const WAYS: [way: string, source: string, bundle: string, ...args: string[]][] = [
  ['CommonJS, the package outside', 'common.cjs', 'app.cjs', '--format=cjs', '--external:tcpull'],
  ['an ES module, the package outside', 'module.mjs', 'app.mjs', '--format=esm', '--external:tcpull', BANNER],
  ['CommonJS, the package inside', 'common.cjs', 'app.cjs', '--format=cjs'],
  ['CommonJS, the package inside, minified', 'common.cjs', 'app.cjs', '--format=cjs', '--minify'],
  ['an ES module, the package inside', 'module.mjs', 'app.mjs', '--format=esm', BANNER]
]

async function bundled(t: ExecutionContext, source: string, bundle: string, args: string[]): Promise<Workshop> {
  const shop = workshop(t, npm11)
  succeeded(t, await shop.manage('install', 'tcpull'))
  const given = [
    source,
    '--bundle',
    '--platform=node',
    '--target=node18',
    `--outfile=out/${bundle}`,
    '--log-level=info'
  ]
  const ended = await shop.run(tool('esbuild', 'bin', 'esbuild'), [...given, ...args])
  succeeded(t, ended)
  t.false(ended.output.includes('[WARNING]'), ended.output)
  return shop
}

for (const [way, source, bundle, ...args] of WAYS) {
  test(`a bundle runs: ${way}`, async (t) => {
    const shop = await bundled(t, source, bundle, args)
    const ended = await shop.run(join('out', bundle))
    succeeded(t, ended)
    t.like(JSON.parse(ended.output), { line: 'hello', code: 'ETIMEDOUT', isTcpError: true })
  })
}

test('a bundle without node_modules takes the binary that TCPULL_BINARY names, and else says what it misses', async (t) => {
  const shop = await bundled(t, 'common.cjs', 'app.cjs', ['--format=cjs'])
  mkdirSync(join(shop.project, 'elsewhere'))
  renameSync(join(shop.project, 'node_modules', 'tcpull-linux-x64-gnu'), join(shop.project, 'elsewhere', 'binary'))
  const alone = await shop.run(join('out', 'app.cjs'))
  t.not(alone.code, 0)
  t.regex(
    alone.output,
    /Tried:\n {2}tcpull-linux-x64-gnu: Cannot find module 'tcpull-linux-x64-gnu'\nInstall its package/
  )
  const TCPULL_BINARY = join(shop.project, 'elsewhere', 'binary', 'tcpull.linux-x64-gnu.node')
  succeeded(t, await shop.run(join('out', 'app.cjs'), [], { TCPULL_BINARY }))
})

test('a bundle runs when no program was started, only an expression', async (t) => {
  const shop = await bundled(t, 'module.mjs', 'app.mjs', ['--format=esm', BANNER])
  succeeded(t, await shop.run('-e', ["import('./out/app.mjs')", 'an argument']))
})
