// Whether the binaries in `npm/`, or those of the targets named, may be published. Prints what it finds in them and their
// sizes; knows the rules only through `judge`.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { cache } from '../cache.mjs'
import { inspect } from './inspect.mjs'
import { GLIBC, judge, newest } from './judge.mjs'
import { binaryOf, chosen } from './targets.mjs'

const wanted = chosen(process.argv.slice(2))
const complaints = wanted.flatMap((target) => check(target).map((complaint) => `${target.name}: ${complaint}`))
for (const complaint of complaints) console.error(`FAILED: ${complaint}`)
console.log(`${wanted.length} binaries, ${complaints.length} complaints`)
process.exitCode = complaints.length === 0 ? 0 : 1

function check(target) {
  const file = binaryOf(target)
  const content = readFileSync(file)
  const facts = { ...inspect(file), size: content.length, leaks: leaks(content) }
  const has = Object.keys(facts.hardening).filter((key) => facts.hardening[key])
  console.log(`${target.name}
  format    ${facts.format}
  size      ${facts.size} bytes (at most ${target.limit})
  needs     ${facts.libraries.join(' ')}
  glibc     ${newest(facts.versions) ?? 'none'} (at most ${GLIBC})
  exports   ${facts.exports.join(' ')}
  hardened  ${has.join(', ')}
  stripped  ${facts.symbols} symbols, ${facts.debugSections.length} debug sections`)
  return judge(facts, target)
}

// A user need not know where developers live: this machine's folders, and the usual ones of other machines.
function leaks(content) {
  const here = [homedir(), cache, resolve('.')].filter((path) => content.includes(`${path}/`))
  const elsewhere = content.toString('latin1').match(/\/(home|root|Users)\/[\w.-]+|\b[A-Z]:\\(Users|a)\\[\w.-]+/g) ?? []
  return [...new Set([...here, ...elsewhere])]
}
