// Runs the tests on other Nodes: the whole suite where the test runner starts, else its part that needs no runner. Takes
// the major versions, by default all of them. Needs a build. Ends with `N passed, N failed`.

import { rmSync } from 'node:fs'
import { countTap } from './counts.mjs'
import { hosts } from './nodes.mjs'
import { record, run } from './run.mjs'

// What ava 7 asks for; the package itself runs on older ones.
const RUNNER_NEEDS = 20

const there = hosts()
const majors = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(there).filter((name) => Number(name))
const unknown = majors.filter((major) => !Number(major) || !(major in there))
if (unknown.length > 0) {
  console.error(`There is no Node ${unknown.join(', ')} in __test__/nodes, only ${Object.keys(there).join(', ')}.`)
  process.exit(2)
}

rmSync('build/test', { recursive: true, force: true })
run('tsc -p tsconfig.test.json')

const results = []
for (const major of majors) {
  const node = there[major]
  console.log(`\n== Node ${major}`)
  const { passed, failed, skipped, what } = Number(major) < RUNNER_NEEDS ? await smoke(node) : await suite(node)
  results.push({ Node: major, ran: what, passed, failed, skipped })
}

console.table(results)
const sum = (column) => results.reduce((total, result) => total + result[column], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') === 0 ? 0 : 1

async function suite(node) {
  const files = "'build/test/*.spec.js'"
  return {
    what: 'the suite',
    ...countTap(await record(`"${node}" node_modules/ava/entrypoints/cli.mjs --tap ${files}`))
  }
}

async function smoke(node) {
  const { code } = await record(`"${node}" build/test/programs/smoke.js`)
  return { what: 'smoke', passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
}
