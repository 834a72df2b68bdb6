// Where the project lies and which files it has; knows no tests.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** The folder of package.json. */
export const root = dirname(require.resolve('tcpull/package.json'))

/** The text of a file of the project. */
export function text(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** A JSON file of the project. */
export function json(path: string): Record<string, unknown> {
  return JSON.parse(text(path))
}

/** Paths, with slashes, of the files under a folder whose names end in one of `endings`. */
export function files(folder: string, ...endings: string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}
