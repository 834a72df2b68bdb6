// Whether the tag that is being released says what the sources say: the version of every manifest, and a section of the
// changelog with a date. Takes the tag, by default GitHub's name for it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { faultsOf } from '../manifests.mjs'
import { targets } from '../targets/targets.mjs'
import { sectionOf } from './changelog.mjs'

const tag = process.argv[2] ?? process.env.GITHUB_REF_NAME
const json = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'))
const root = json('package.json')
const crateVersion = readFileSync('Cargo.toml', 'utf8').match(/^version = "(.*)"$/m)?.[1]

const faults = targets.flatMap((target) => faultsOf(target, json('npm', target.name, 'package.json'), root))
if (crateVersion !== root.version) faults.push(`Cargo.toml is version ${crateVersion}, package.json is ${root.version}`)
if (tag !== `v${root.version}`) faults.push(`the tag is ${tag}, package.json is ${root.version}`)
const section = sectionOf(readFileSync('CHANGELOG.md', 'utf8'), root.version)
if (section === undefined) faults.push(`CHANGELOG.md has no section for ${root.version}`)
else if (!/^\d{4}-\d\d-\d\d$/.test(section.date)) faults.push(`CHANGELOG.md dates ${root.version} «${section.date}»`)

for (const fault of faults) console.error(fault)
if (faults.length === 0) console.log(`${tag} may be released`)
process.exitCode = faults.length === 0 ? 0 : 1
