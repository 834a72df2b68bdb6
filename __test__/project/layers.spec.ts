// Who may know whom: holds the layers of ARCHITECTURE.md over the sources, which it reads as text.

import { basename } from 'node:path'
import test from 'ava'
import { files, text } from '../helpers/project'

/** Each layer of src-rs with the layers that it may import. */
const BELOW: Record<string, readonly string[]> = {
  binding: ['session', 'dial', 'text', 'framing', 'stream', 'reactor', 'failure'],
  session: ['framing', 'stream', 'reactor', 'failure'],
  dial: ['stream', 'failure'],
  text: ['framing', 'failure'],
  framing: ['failure'],
  reactor: ['stream', 'failure'],
  stream: ['failure'],
  failure: []
}

/** Crates that only some layers, or only some files, may use. */
const KEPT_TO: Record<string, RegExp> = {
  napi: /^src-rs\/(binding|reactor)\//,
  napi_derive: /^src-rs\/binding\//,
  libloading: /^src-rs\/reactor\//,
  'tokio::net': /^src-rs\/(dial|reactor\/tokio)\//,
  rustls: /^src-rs\/(dial|stream)\/tls\//,
  rustls_platform_verifier: /^src-rs\/dial\/tls\//,
  webpki: /^src-rs\/dial\/tls\//,
  x509_cert: /^src-rs\/dial\/tls\//
}

const rust = files('src-rs', '.rs')
const typescript = ['index.ts', ...files('src-ts', '.ts')].filter((path) => !path.endsWith('/binding.d.ts'))
const scripts = ['__test__', 'benchmark', 'demo', 'examples', 'scripts'].flatMap((folder) =>
  files(folder, '.ts', '.mjs', '.rs')
)
const all = [...rust, ...typescript, ...scripts]

const layerOf = (path: string) => path.split(/[/.]/)[1] ?? ''
const isTest = (path: string) => /(^|[/_])tests?(\.rs$|\/)/.test(path)

/** The code of a Rust file without comments, literals and unit tests. */
function code(path: string): string {
  return text(path)
    .replace(/'(?:\\.|[^'\\])'|"(?:[^"\\]|\\[\s\S])*"|\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    .replace(/#\[cfg\(test\)\]\s*mod \w+ \{[\s\S]*/, '')
}

/** `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`. */
function expand(tree: string): string[] {
  const open = tree.indexOf('{')
  if (open < 0) return [tree]
  const prefix = tree.slice(0, open)
  const branches: string[] = []
  let depth = 0
  let start = open + 1
  for (let at = start; at < tree.length; at++) {
    const ends = depth === 0 && (tree[at] === ',' || tree[at] === '}')
    if (ends) {
      branches.push(tree.slice(start, at))
      start = at + 1
    }
    if (tree[at] === '{') depth++
    if (tree[at] === '}') depth--
  }
  return branches.filter(Boolean).flatMap((branch) => expand(prefix + branch))
}

/** Every path that a Rust file names, in `use` or in place, with `super` resolved to `crate::…`. */
function paths(path: string): string[] {
  const source = code(path)
  const uses = [...source.matchAll(/\buse ([^;]+);/g)].flatMap(([, tree = '']) => expand(tree.replace(/\s+/g, '')))
  const inPlace = [...source.matchAll(/\b[a-z_]\w*(?:::\w+)+/g)].map(([found]) => found)
  const module = path.replace(/^src-rs\/|(\/mod)?\.rs$/g, '').split('/')
  return [...uses, ...inPlace].map((found) => {
    const parts = found.split('::')
    const ups = parts.filter((part) => part === 'super').length
    return ups === 0 ? found : ['crate', ...module.slice(0, -ups), ...parts.slice(ups)].join('::')
  })
}

const names = (found: string, crate: string) => found === crate || found.startsWith(`${crate}::`)

/** `path names a::b` for each path that a file names and must not. */
const offences = (sources: string[], forbidden: (found: string, path: string) => boolean) =>
  sources.flatMap((path) =>
    paths(path)
      .filter((found) => forbidden(found, path))
      .map((found) => `${path} names ${found}`)
  )

test('every layer is in the table', (t) => {
  const layers = new Set(rust.map(layerOf))
  layers.delete('lib')
  t.deepEqual([...layers].sort(), Object.keys(BELOW).sort())
})

for (const [layer, below] of Object.entries(BELOW)) {
  test(`${layer} imports only ${below.join(', ') || 'what is not ours'}`, (t) => {
    const sources = rust.filter((path) => layerOf(path) === layer)
    const upwards = (found: string) => {
      // A name that is no layer is something that lib.rs itself defines.
      const other = found.match(/^crate::(\w+)/)?.[1] ?? layer
      return other in BELOW && other !== layer && !below.includes(other)
    }
    t.deepEqual(offences(sources, upwards), [])
  })
}

test('crates stay in the layers that may know them', (t) => {
  const strays = (found: string, path: string) =>
    Object.entries(KEPT_TO).some(([crate, where]) => names(found, crate) && !where.test(path))
  t.deepEqual(offences(rust, strays), [])
})

test('framing and the messages of proxies know no crate but memchr', (t) => {
  const dependencies =
    text('Cargo.toml')
      .split(/^\[/m)
      .find((section) => section.startsWith('dependencies]')) ?? ''
  const crates = [...dependencies.matchAll(/^([\w-]+) *=/gm)].map(([, name = '']) => name.replaceAll('-', '_'))
  t.true(crates.includes('memchr') && crates.includes('tokio'))
  const isMessage = (path: string) => /^src-rs\/dial\/proxy\/(?!mod|tests)/.test(path)
  const sources = rust.filter((path) => (layerOf(path) === 'framing' || isMessage(path)) && !isTest(path))
  t.true(sources.some(isMessage))
  const foreign = (found: string) => crates.some((crate) => crate !== 'memchr' && names(found, crate))
  t.deepEqual(offences(sources, foreign), [])
})

test('unsafe code is written only in reactor and binding', (t) => {
  const sources = rust.filter((path) => !['reactor', 'binding'].includes(layerOf(path)))
  t.deepEqual(
    sources.filter((path) => /\bunsafe (\{|fn|impl|extern)/.test(code(path))),
    []
  )
})

test('in TypeScript only native.ts loads a binary', (t) => {
  const loads = /\brequire\(['"`]|createRequire|process\.dlopen|from ['"]\.\/loader['"]/
  t.deepEqual(
    typescript.filter((path) => loads.test(text(path))),
    ['src-ts/native.ts']
  )
})

test('every source file is of one thought: 350 lines at most', (t) => {
  const long = all
    .map((path) => ({ path, lines: text(path).split('\n').length - 1 }))
    .filter(({ lines }) => lines > 350)
  t.deepEqual(long, [])
})

test('every source file begins by saying what it knows', (t) => {
  t.deepEqual(
    all.filter((path) => !/^(\/\/|\/\*\*)/.test(text(path))),
    []
  )
})

test('the reading of paths sees through groups and super', (t) => {
  t.deepEqual(expand('crate::{framing::{Buffer,Want},failure::Failure}'), [
    'crate::framing::Buffer',
    'crate::framing::Want',
    'crate::failure::Failure'
  ])
  t.true(rust.some((path) => basename(path) !== 'mod.rs' && paths(path).some((found) => found.startsWith('crate::'))))
})
