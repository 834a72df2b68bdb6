// The package as a module: the same classes by `require` and `import`, loaded again, and loaded as two copies.

import test from 'ava'
import * as required from 'tcpull'
import { run } from './helpers/processes'

// TypeScript would make a `require` of an `import()` here.
const load = new Function('name', 'return import(name)') as (name: string) => Promise<Record<string, unknown>>

test('require and import give the same classes and functions', async (t) => {
  const imported = await load('tcpull')
  const all: Record<string, unknown> = { ...required }
  const names = Object.keys(all).filter((name) => name !== '__esModule')
  t.deepEqual(Object.keys(imported).sort(), names.sort())
  for (const name of names) t.is(imported[name], all[name], name)
})

test('loaded again after its modules were forgotten, and as a second copy, the package works beside the first', async (t) => {
  const { code, signal, report, errors } = await run('twice')
  t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' })
  t.deepEqual(report, { reloads: 20, own: 1, sameCode: 1, otherClass: 1, stillOpen: 1 })
})
