// The installed types under several compilers and ways of resolving, strictly and with the declarations themselves checked.

import { copyFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { npm11 } from './managers'
import { tool } from './setting'
import { succeeded, workshop } from './workshop'

const COMPILERS = ['typescript-oldest', 'typescript', 'typescript-newest']

const WAYS: Record<string, { options: Record<string, string>; files: string[] }> = {
  'node16, required': { options: { module: 'node16', moduleResolution: 'node16' }, files: ['common.cts'] },
  'node16, imported': { options: { module: 'node16', moduleResolution: 'node16' }, files: ['module.mts'] },
  nodenext: { options: { module: 'nodenext', moduleResolution: 'nodenext' }, files: ['common.cts', 'module.mts'] },
  bundler: { options: { module: 'esnext', moduleResolution: 'bundler' }, files: ['bundled.ts'] }
}

for (const compiler of COMPILERS) {
  for (const [way, { options, files }] of Object.entries(WAYS)) {
    test(`the types hold with ${compiler} under ${way}`, async (t) => {
      const shop = workshop(t, npm11)
      succeeded(t, await shop.manage('install', 'tcpull'))
      symlinkSync(tool('@types'), join(shop.project, 'node_modules', '@types'))
      // A bundler's users write `.ts`.
      copyFileSync(join(shop.project, 'types', 'module.mts'), join(shop.project, 'types', 'bundled.ts'))
      const compilerOptions = {
        ...options,
        target: 'es2022',
        lib: ['es2022'],
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true
      }
      shop.write('tsconfig.json', JSON.stringify({ compilerOptions, files: files.map((file) => `types/${file}`) }))
      succeeded(t, await shop.run(tool(compiler, 'bin', 'tsc'), ['-p', '.']))
    })
  }
}
