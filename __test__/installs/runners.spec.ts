// Users' tests of programs that use the package pass under Jest and Vitest, in processes and in worker threads.

import { copyFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { npm11 } from './managers'
import { tool } from './setting'
import { succeeded, type Workshop, workshop } from './workshop'

/** The test a second time, for a worker beside the first one's. */
function double({ project }: Workshop, folder: string, ending: string): void {
  copyFileSync(join(project, folder, `talking${ending}`), join(project, folder, `beside${ending}`))
}

for (const threads of [false, true]) {
  test(`Jest with two ${threads ? 'threads' : 'processes'}`, async (t) => {
    const shop = workshop(t, npm11)
    succeeded(t, await shop.manage('install', 'tcpull'))
    double(shop, 'jest', '.test.js')
    const settings = { testMatch: ['**/jest/*.test.js'], workerThreads: threads, maxWorkers: 2, watchman: false }
    shop.write('jest.config.json', JSON.stringify({ ...settings, workerIdleMemoryLimit: '1GB' }))
    const ended = await shop.run(tool('jest', 'bin', 'jest.js'), ['--config', 'jest.config.json'])
    succeeded(t, ended)
    t.regex(ended.output, /^Tests: +4 passed, 4 total$/m)
  })
}

for (const pool of ['forks', 'threads', 'vmThreads']) {
  test(`Vitest with its pool of ${pool}`, async (t) => {
    const shop = workshop(t, npm11)
    succeeded(t, await shop.manage('install', 'tcpull'))
    symlinkSync(tool('vitest'), join(shop.project, 'node_modules', 'vitest'))
    double(shop, 'vitest', '.test.mjs')
    const args = ['run', '--pool', pool, '--no-cache', '--dir', 'vitest', '--no-color']
    const ended = await shop.run(tool('vitest', 'vitest.mjs'), args)
    succeeded(t, ended)
    t.regex(ended.output, /^ *Tests +4 passed \(4\)$/m)
  })
}
