// Publishes the packed tarballs: the platform packages first, so that nobody can install a root package whose binaries are
// not there yet. What is published already is passed over, so that an interrupted release can be run again.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageOf } from '../manifests.mjs'
import { targets } from '../targets/targets.mjs'

const FOLDER = join('build', 'packages')

const root = JSON.parse(readFileSync('package.json', 'utf8'))
const { name, version } = root
const names = [...targets.map((target) => packageOf(root, target)), name]
const wanted = names.map((name) => ({ name, tarball: `${name}-${version}.tgz` }))

const there = readdirSync(FOLDER)
const missing = wanted.filter(({ tarball }) => !there.includes(tarball))
const surplus = there.filter((file) => !wanted.some(({ tarball }) => tarball === file))
for (const { tarball } of missing) console.error(`${tarball} is not in ${FOLDER}`)
for (const file of surplus) console.error(`${file} is not of this release`)
if (missing.length > 0 || surplus.length > 0) process.exit(1)

// Provenance is a workflow's word on itself; a person's machine cannot give it.
const how = ['--access', 'public', ...(process.env.GITHUB_ACTIONS ? ['--provenance'] : [])]
// `npm install` without a version must not bring what is only for trying out.
if (version.includes('-')) how.push('--tag', 'next')

for (const { name, tarball } of wanted) {
  if (isPublished(name)) console.log(`${name}@${version} is published already`)
  else execFileSync('npm', ['publish', `./${join(FOLDER, tarball)}`, ...how], { stdio: 'inherit' })
}

function isPublished(name) {
  try {
    return execFileSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' }).trim() === version
  } catch (error) {
    // A name that the registry does not know at all; anything else is a reason to stop.
    if (String(error.stderr).includes('E404')) return false
    throw error
  }
}
