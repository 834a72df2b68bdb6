// The manifests of the five packages as they are published; knows what belongs in them, reads and writes no file.

/** What only the project's own tools and checkout want of the root manifest. */
const PRIVATE = ['ava', 'devDependencies', 'napi', 'scripts']

/**
 * The root manifest for users: without the checkout's own affairs, with the platform packages at exactly this version.
 * They are not in the tree's manifest because `npm ci` refuses packages that are not published yet.
 */
export function publishedRoot(manifest, platforms, repository) {
  const kept = Object.fromEntries(Object.entries(manifest).filter(([key]) => !PRIVATE.includes(key)))
  const optional = platforms.map(({ name, version }) => [name, version])
  return { ...kept, ...repository, optionalDependencies: Object.fromEntries(optional.sort()) }
}

/** A platform package's manifest for users. */
export function publishedPlatform(manifest, repository) {
  return { ...manifest, ...repository }
}

/** The `repository` that provenance demands, where a workflow tells which one it runs for; nothing elsewhere. */
export function repositoryOf({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: path }) {
  return server && path ? { repository: { type: 'git', url: `git+${server}/${path}.git` } } : {}
}

/** What is wrong with a set of manifests, a sentence each; the tree's or the published ones. */
export function faultsOf(root, platforms, crateVersion) {
  const faults = []
  for (const { name, version } of [{ name: 'Cargo.toml', version: crateVersion }, ...platforms]) {
    if (version !== root.version) faults.push(`${name} is version ${version}, package.json is ${root.version}`)
  }
  for (const { name, scripts, os, cpu, libc, main, files, license, engines } of platforms) {
    const target = `${os}-${cpu}`
    const suffix = os?.[0] === 'win32' ? 'msvc' : 'gnu'
    const file = `${root.name}.${target}-${suffix}.node`
    if (name !== `${root.name}-${target}-${suffix}`)
      faults.push(`${name} is named otherwise than its os and cpu, ${target}`)
    if (main !== file || String(files) !== file) faults.push(`${name} must have ${file} as its main and only file`)
    // npm refuses a package with `libc` wherever it cannot tell the C library, which is everywhere but on Linux.
    if (String(libc ?? '') !== (suffix === 'gnu' ? 'glibc' : '')) faults.push(`${name} has libc ${libc}`)
    if (scripts) faults.push(`${name} has scripts`)
    if (license !== root.license) faults.push(`${name} has the licence ${license}`)
    if (engines?.node !== root.engines.node) faults.push(`${name} is for Node ${engines?.node}`)
  }
  return faults
}
