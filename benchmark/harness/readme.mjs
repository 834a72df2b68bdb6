// Puts the table into the README, with the machine it was measured on.
import { readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, release } from 'node:os'

const PLACE = /(?<=<!-- bench -->).*?(?=<!-- \/bench -->)/s

/** Machine, versions and date in one line. */
export function machine() {
  const [{ model }] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  const system = `${platform()} ${release().split('-', 1)[0]} ${arch()}`
  return `${model.trim()}, ${cpus().length} cores, ${system}, Node ${process.versions.node}, ${date}.`
}

/** Replaces what stands between the README's two marks. */
export function fillReadme(path, text) {
  const readme = readFileSync(path, 'utf8')
  if (!PLACE.test(readme)) throw new Error(`${path} has no <!-- bench --> … <!-- /bench -->`)
  writeFileSync(
    path,
    readme.replace(PLACE, () => `\n${text}\n`)
  )
}
