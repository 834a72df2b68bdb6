// Makes the release's page out of the changelog's section, with the tarballs. Needs GitHub's `gh` and its GH_TOKEN.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sectionOf } from './changelog.mjs'

const FOLDER = join('build', 'packages')

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const { text } = sectionOf(readFileSync('CHANGELOG.md', 'utf8'), version)
const tarballs = readdirSync(FOLDER).map((file) => join(FOLDER, file))
const kind = version.includes('-') ? ['--prerelease'] : []
const notes = ['--title', version, '--notes-file', '-', '--verify-tag']
execFileSync('gh', ['release', 'create', `v${version}`, ...notes, ...kind, ...tarballs], {
  input: text,
  stdio: ['pipe', 'inherit', 'inherit']
})
