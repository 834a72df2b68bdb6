// Makes the project that a target's tests run in: the packed root package, the platform's package beside it, the compiled
// tests. Knows packages and folders, and no Node to run them.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGES = join('build', 'packages')

/** Stages into `folder` with what is to answer to the name of ava: `ava` itself or our `runner`. */
export function stage(target, folder, runner) {
  rmSync(folder, { recursive: true, force: true })
  unpack('tcpull', folder)
  unpack(`tcpull-${target.name}`, join(folder, 'node_modules', `tcpull-${target.name}`))
  cpSync(join('build', 'test'), join(folder, 'build', 'test'), { recursive: true })
  if (runner === 'ava') copyAva(folder)
  else standIn(folder)
}

/** Makes `ava` mean the runner among the compiled tests of a folder. */
export function standIn(folder) {
  const ava = join(folder, 'node_modules', 'ava')
  mkdirSync(ava, { recursive: true })
  writeFileSync(join(ava, 'package.json'), JSON.stringify({ name: 'ava', main: '../../build/test/runner/ava.js' }))
}

function unpack(name, folder) {
  const { version } = json('package.json')
  const tarball = join(PACKAGES, `${name}-${version}.tgz`)
  if (!existsSync(tarball)) {
    console.error(`${tarball} is not there: node scripts/pack.mjs makes it`)
    process.exit(1)
  }
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'])
}

function copyAva(folder) {
  for (const path of closure('ava')) cpSync(path, join(folder, path), { recursive: true })
  const manifest = json(folder, 'package.json')
  const { ava } = json('package.json')
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, ava }))
}

/** The folders of a package and of all that it needs, as npm has laid them out. */
function closure(name) {
  const { packages } = json('package-lock.json')
  const found = new Set()
  const visit = (name, from) => {
    const path = nearest(packages, name, from)
    if (found.has(path)) return
    found.add(path)
    for (const next of Object.keys(packages[path].dependencies ?? {})) visit(next, path)
  }
  visit(name, '')
  return found
}

/** Where Node finds `name` for a package in the folder `from`: within it, else beside it, else further out. */
function nearest(packages, name, from) {
  const path = `${from && `${from}/`}node_modules/${name}`
  return path in packages ? path : nearest(packages, name, from.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, ''))
}

function json(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'))
}
