// Packs the root package and the platform packages as they are published into build/packages; builds nothing.
// `--only <name>…` packs the root with these platforms' packages alone, for a machine that has built only them.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { machineOf } from './machine.mjs'
import { faultsOf, publishedPlatform, publishedRoot, repositoryOf } from './manifests.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const DESTINATION = join('build', 'packages')
const STAGE = join('build', 'packages-stage')

const all = readdirSync('npm').sort()
const [option, ...named] = process.argv.slice(2)
const unknown = named.filter((name) => !all.includes(name))
if (option !== undefined && (option !== '--only' || named.length === 0 || unknown.length > 0)) {
  stop(`use: node scripts/pack.mjs [--only <name>…], the names being ${all.join(', ')}`)
}

const root = json('package.json')
const platforms = all.map((name) => ({ folder: join('npm', name), manifest: json('npm', name, 'package.json') }))
const chosen = platforms.filter((_, index) => named.length === 0 || named.includes(all[index]))
const crateVersion = readFileSync('Cargo.toml', 'utf8').match(/^version = "(.*)"$/m)?.[1]
const manifests = platforms.map(({ manifest }) => manifest)
const faults = [...faultsOf(root, manifests, crateVersion), ...rootFaults(), ...chosen.flatMap(binaryFaults)]
if (faults.length > 0) stop(faults.join('\n'))

rmSync(DESTINATION, { recursive: true, force: true })
rmSync(STAGE, { recursive: true, force: true })
mkdirSync(DESTINATION, { recursive: true })
const repository = repositoryOf(process.env)
const stages = [
  ...chosen.map(({ folder, manifest }) =>
    stage(folder, [...manifest.files, 'README.md'], publishedPlatform(manifest, repository))
  ),
  stage('.', [...root.files, 'README.md'], publishedRoot(root, manifests, repository))
]
const rows = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', DESTINATION, ...stages))
rmSync(STAGE, { recursive: true })

for (const { name, files } of rows) {
  for (const paper of ['README.md', 'LICENSE']) {
    if (!files.some(({ path }) => path === paper)) stop(`${name} was packed without its ${paper}`)
  }
}
table(rows)

/** A folder with what one package holds, its own files and the project's licence. */
function stage(from, files, manifest) {
  const folder = join(STAGE, manifest.name)
  mkdirSync(folder, { recursive: true })
  for (const file of files) cpSync(join(from, file), join(folder, file), { recursive: true })
  cpSync('LICENSE', join(folder, 'LICENSE'))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  // npm takes a bare path for the name of a repository.
  return `./${folder.replaceAll('\\', '/')}`
}

function rootFaults() {
  return existsSync(root.main) ? [] : [`${root.main} is not there: npm run build makes it`]
}

function binaryFaults({ folder, manifest }) {
  const path = join(folder, manifest.main)
  if (!existsSync(path)) return [`${path} is not there: npm run build:targets makes it, --only leaves it out`]
  const machine = machineOf(path)
  const wanted = `${manifest.os}-${manifest.cpu}`
  return machine === wanted ? [] : [`${path} is a binary for ${machine}, not for ${wanted}`]
}

function table(rows) {
  const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`
  const lines = rows.map(({ name, version, filename, size, unpackedSize, entryCount }) => [
    `${name}@${version}`,
    kib(size),
    kib(unpackedSize),
    String(entryCount),
    join(DESTINATION, filename)
  ])
  lines.unshift(['package', 'packed', 'unpacked', 'files', 'tarball'])
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      column > 0 && column < 4 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
    )
    console.log(cells.join('  ').trimEnd())
  }
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
