// Packs the root package and the platform packages as they are published into build/packages; builds nothing.
// `--only <name>…` packs the root with these platforms' packages alone, for a machine that has built only them.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { machineOf } from './machine.mjs'
import { faultsOf, publishedRoot, repositoryOf } from './manifests.mjs'
import { binaryOf, chosen, targets } from './targets/targets.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const DESTINATION = join('build', 'packages')
const STAGE = join('build', 'packages-stage')

const [option, ...names] = process.argv.slice(2)
if (option !== undefined && (option !== '--only' || names.length === 0)) {
  stop('use: node scripts/pack.mjs [--only <name>…]')
}
const root = json('package.json')
const platforms = targets.map((target) => {
  const folder = join('npm', target.name)
  return { target, folder, manifest: json(folder, 'package.json') }
})
const wanted = platforms.filter(({ target }) => chosen(names).includes(target))
const faults = [...rootFaults(), ...platforms.flatMap(({ target, manifest }) => faultsOf(target, manifest, root))]
faults.push(...wanted.flatMap(binaryFaults))
if (faults.length > 0) stop(faults.join('\n'))

rmSync(DESTINATION, { recursive: true, force: true })
rmSync(STAGE, { recursive: true, force: true })
mkdirSync(DESTINATION, { recursive: true })
const stages = [
  ...wanted.map(({ folder, manifest }) => stage(folder, manifest)),
  stage('.', publishedRoot(root, targets))
]
const rows = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', DESTINATION, ...stages))
rmSync(STAGE, { recursive: true })

for (const { name, files } of rows) {
  for (const paper of ['README.md', 'LICENSE']) {
    if (!files.some(({ path }) => path === paper)) stop(`${name} was packed without its ${paper}`)
  }
}
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`
console.table(
  Object.fromEntries(
    rows.map(({ filename, size, unpackedSize, entryCount }) => [
      filename,
      { packed: kib(size), unpacked: kib(unpackedSize), files: entryCount }
    ])
  )
)

/** A folder with what one package holds: its own files, its readme and the project's licence. */
function stage(from, manifest) {
  const folder = join(STAGE, manifest.name)
  mkdirSync(folder, { recursive: true })
  for (const file of [...manifest.files, 'README.md']) cpSync(join(from, file), join(folder, file), { recursive: true })
  cpSync('LICENSE', join(folder, 'LICENSE'))
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ ...manifest, ...repositoryOf(process.env) }, null, 2)}\n`
  )
  // npm takes a bare path for the name of a repository.
  return `./${folder.replaceAll('\\', '/')}`
}

function rootFaults() {
  const faults = existsSync(root.main) ? [] : [`${root.main} is not there: npm run build makes it`]
  const crate = readFileSync('Cargo.toml', 'utf8').match(/^version = "(.*)"$/m)?.[1]
  if (crate !== root.version) faults.push(`Cargo.toml is version ${crate}, package.json is ${root.version}`)
  return faults
}

function binaryFaults({ target }) {
  const path = binaryOf(target)
  if (!existsSync(path)) return [`${path} is not there: npm run build:targets makes it, --only leaves it out`]
  const machine = machineOf(path)
  const wanted = `${target.platform}-${target.arch}`
  return machine === wanted ? [] : [`${path} is a binary for ${machine}, not for ${wanted}`]
}

function npm(...args) {
  // On Windows npm is a script of the shell's.
  const shell = process.platform === 'win32'
  return execFileSync('npm', ['--loglevel=error', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell
  })
}

function json(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'))
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
