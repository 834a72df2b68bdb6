// Folders of npm packages that the project uses as tools, at the versions of lock files of their own; kept in the cache,
// where all checkouts share them. Knows no package by name.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from './cache.mjs'

/** The folder, called `name` and a hash, whose `node_modules` is as the lock file in `source` says; installed if need be. */
export function locked(source, name) {
  const lock = readFileSync(join(source, 'package-lock.json'))
  const folder = join(cache, `${name}-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`)
  if (!existsSync(folder)) install(source, folder)
  return folder
}

// Made beside its place and moved there whole: two checkouts may do this at once, and an interrupted one leaves nothing.
function install(source, folder) {
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(`${folder}-`)
  try {
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(source, name), join(fresh, name))
    // None of them needs its scripts. Standard output may be the caller's answer.
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: fresh,
      stdio: ['ignore', 'ignore', 'inherit']
    })
    renameSync(fresh, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}
