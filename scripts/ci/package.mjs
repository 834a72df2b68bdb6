// Checks the four binaries that lie in `npm/`, whoever built them, and packs the five packages over them; builds nothing.

import { run } from '../run.mjs'
import { check } from '../targets/check.mjs'
import { targets } from '../targets/targets.mjs'

const complaints = targets.flatMap((target) => {
  console.log(`\n== ${target.name}`)
  return check(target).complaints
})
if (complaints.length > 0) process.exit(1)

run('node scripts/compile.mjs')
run('node scripts/pack.mjs')
