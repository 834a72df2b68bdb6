// Installed for a platform that is not this one: exactly that platform's binary comes, or none, and the package says so.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { managers, npm10, npm11 } from './managers'
import { version } from './setting'
import { succeeded, workshop } from './workshop'

const PLATFORMS: [os: string, cpu: string, libc: string | undefined, binary: string | undefined][] = [
  ['win32', 'x64', undefined, 'tcpull-win32-x64-msvc'],
  ['win32', 'ia32', undefined, 'tcpull-win32-ia32-msvc'],
  ['linux', 'x64', 'glibc', 'tcpull-linux-x64-gnu'],
  ['linux', 'ia32', 'glibc', 'tcpull-linux-ia32-gnu'],
  ['linux', 'x64', 'musl', undefined],
  ['win32', 'arm64', undefined, undefined],
  ['darwin', 'arm64', undefined, undefined]
]

for (const [os, cpu, libc, binary] of PLATFORMS) {
  const platform = [os, cpu, libc].filter(Boolean).join('-')
  const expected = binary ? ['tcpull', binary] : ['tcpull']

  for (const manager of managers) {
    const { elsewhere } = manager
    if (!elsewhere) continue
    test(`${manager.name} for ${platform} brings ${binary ?? 'no binary, and does not fail'}`, async (t) => {
      const shop = workshop(t, manager)
      const { args = [], settings } = elsewhere(os, cpu, libc)
      if (settings) shop.write(...settings)
      succeeded(t, await shop.manage(...manager.add, 'tcpull', ...args))
      t.deepEqual(shop.list(), expected)
    })
  }

  for (const manager of [npm10, npm11]) {
    // npm 10 writes no C library into its lock file.
    if (manager === npm10 && libc === 'musl') continue
    test(`${manager.name} for ${platform} takes the same from a lock file that was made here`, async (t) => {
      const shop = workshop(t, manager)
      succeeded(t, await shop.manage(...manager.add, 'tcpull'))
      shop.uninstall()
      const { args = [] } = manager.elsewhere?.(os, cpu, libc) ?? {}
      succeeded(t, await shop.manage(...manager.restore, ...args))
      t.deepEqual(shop.list(), expected)
    })
  }
}

test('on a platform without a binary the error names it and those that have one', async (t) => {
  const shop = workshop(t, npm11)
  succeeded(t, await shop.manage('install', 'tcpull', '--os=darwin', '--cpu=arm64'))
  shop.write('pretend.cjs', "Object.defineProperty(process, 'platform', { value: 'darwin' })\nrequire('tcpull')\n")
  const { code, output } = await shop.run('pretend.cjs')
  t.not(code, 0)
  t.regex(output, /Error: tcpull has no binary for darwin-x64, only for linux-ia32, linux-x64, win32-ia32, win32-x64\./)
})

test('a package and a binary of different versions: the error names both', async (t) => {
  const shop = workshop(t, npm11)
  succeeded(t, await shop.manage('install', 'tcpull'))
  const path = join(shop.project, 'node_modules', 'tcpull', 'package.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace(`"version": "${version}"`, '"version": "99.1.2"'))
  const { code, output } = await shop.run('common.cjs')
  t.not(code, 0)
  t.true(output.includes(`tcpull-linux-x64-gnu: the binary is version ${version}, this package is 99.1.2`))
  t.true(output.includes('npm install tcpull-linux-x64-gnu@99.1.2'))
})

test('a binary that is damaged: the error gives the system’s reason', async (t) => {
  const shop = workshop(t, npm11)
  succeeded(t, await shop.manage('install', 'tcpull'))
  const folder = join(shop.project, 'node_modules', 'tcpull-linux-x64-gnu')
  const file = readdirSync(folder).find((name) => name.endsWith('.node')) as string
  writeFileSync(join(folder, file), 'damaged')
  const { code, output } = await shop.run('common.cjs')
  t.not(code, 0)
  t.regex(output, /\n {2}tcpull-linux-x64-gnu: .*(file too short|invalid ELF header)\nInstall the right one anew: npm/)
})
