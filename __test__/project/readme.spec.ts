// The README's first program does what its comments say.

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root, text } from '../helpers/project'

test('the first program of the README runs and prints what it says', (t) => {
  const program = text('README.md').match(/```js\n([\s\S]*?)```/)?.[1] ?? ''
  const promised = [...program.matchAll(/\/\/> (.*)/g)].map(([, line]) => line)
  t.true(promised.length > 0)
  // Inside the project's folder, where `tcpull` is this package.
  const path = join(root, 'build', 'readme.mjs')
  mkdirSync(join(root, 'build'), { recursive: true })
  writeFileSync(path, program)
  const printed = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000 })
  t.deepEqual(printed.trimEnd().split('\n'), promised)
})
