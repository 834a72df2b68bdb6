// Each package manager installs the package as a user would: only the right binary comes, nothing is built, it runs.

import test from 'ava'
import { managers } from './managers'
import { version } from './setting'
import { succeeded, workshop } from './workshop'

const HERE = 'tcpull-linux-x64-gnu'
const TALK = { line: 'hello', code: 'ETIMEDOUT', isTcpError: true }

for (const manager of managers) {
  test(`${manager.name} installs the package and this platform's binary, and neither compiles nor runs anything`, async (t) => {
    const shop = workshop(t, manager)
    succeeded(t, await shop.manage(...manager.add, 'tcpull'))
    t.deepEqual(shop.list(), ['tcpull', HERE])
    t.is(shop.trapped(), '')
  })

  test(`${manager.name} would run a package's script, and these tests would see it`, async (t) => {
    const shop = workshop(t, manager)
    t.not((await shop.manage(...manager.add, 'tcpull-test-scripted')).code, 0)
    t.regex(shop.trapped(), /cc --version/)
  })

  for (const [kind, program, more] of [
    ['CommonJS', 'common.cjs', {}],
    ['an ES module', 'module.mjs', {}],
    ['both in one process', 'both.cjs', { shared: true, same: true }]
  ] as const) {
    test(`${manager.name}: the installed package serves ${kind}`, async (t) => {
      const shop = workshop(t, manager)
      succeeded(t, await shop.manage(...manager.add, 'tcpull'))
      const ended = await shop.run(program)
      succeeded(t, ended)
      t.deepEqual(JSON.parse(ended.output.split('\n')[0] as string), { ...TALK, ...more })
    })
  }

  test(`${manager.name} restores the same from its lock file`, async (t) => {
    const shop = workshop(t, manager)
    succeeded(t, await shop.manage(...manager.add, 'tcpull'))
    shop.uninstall()
    t.throws(() => shop.list())
    succeeded(t, await shop.manage(...manager.restore))
    t.deepEqual(shop.list(), ['tcpull', HERE])
    succeeded(t, await shop.run('common.cjs'))
  })

  const { withoutOptional } = manager
  if (withoutOptional) {
    test(`${manager.name} without optional packages: the error names the places, the causes and a cure that works`, async (t) => {
      const shop = workshop(t, manager)
      succeeded(t, await shop.manage(...manager.add, 'tcpull', ...withoutOptional))
      t.deepEqual(shop.list(), ['tcpull'])
      const ended = await shop.run('common.cjs')
      t.not(ended.code, 0)
      const place = `\\n  (?<local>/.*/node_modules/tcpull/tcpull\\.linux-x64-gnu\\.node): Cannot find module '\\k<local>'`
      const name = `\\n  ${HERE}: Cannot find module '${HERE}'`
      const cure = `\\nInstall its package: npm install ${HERE}@${version} \\(npm leaves optional packages out .*\\)\\.`
      const message = `Error: tcpull found no binary that loads on linux-x64\\. Tried:${place}${name}${cure}\\n`
      t.regex(ended.output, new RegExp(message))
      t.regex(ended.output, /code: 'ERR_TCPULL_BINARY'/)
      succeeded(t, await shop.manage(...manager.add, `${HERE}@${version}`))
      succeeded(t, await shop.run('common.cjs'))
    })
  }
}
