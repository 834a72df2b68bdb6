// The manifests of the five packages as they are published; knows what belongs in them, reads and writes no file.

/** What only the project's own tools and checkout want of the root manifest. */
const PRIVATE = ['ava', 'devDependencies', 'napi', 'scripts']

/**
 * The root manifest for users: without the checkout's own affairs, with the targets' packages at exactly this version.
 * They are not in the tree's manifest because `npm ci` refuses packages that are not published yet.
 */
export function publishedRoot(manifest, targets) {
  const kept = Object.fromEntries(Object.entries(manifest).filter(([key]) => !PRIVATE.includes(key)))
  const optional = targets.map((target) => [packageOf(manifest, target), manifest.version])
  return { ...kept, optionalDependencies: Object.fromEntries(optional) }
}

/** The `repository` that provenance demands, where a workflow tells which one it runs for; nothing elsewhere. */
export function repositoryOf({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: path }) {
  return server && path ? { repository: { type: 'git', url: `git+${server}/${path}.git` } } : {}
}

/** The name of a target's package under the root package's. */
export function packageOf(root, target) {
  return `${root.name}-${target.name}`
}

/** What is wrong with the manifest of a target's package, a sentence each, to be published with the given root. */
export function faultsOf(target, manifest, root) {
  const file = `${root.name}.${target.name}.node`
  const wanted = {
    name: packageOf(root, target),
    version: root.version,
    license: root.license,
    type: 'commonjs',
    os: [target.platform],
    cpu: [target.arch],
    // npm refuses a package with `libc` wherever it cannot tell the C library, which is everywhere but on Linux.
    libc: target.platform === 'linux' ? ['glibc'] : undefined,
    main: file,
    files: [file],
    engines: root.engines,
    scripts: undefined
  }
  return Object.keys(wanted)
    .filter((key) => JSON.stringify(manifest[key]) !== JSON.stringify(wanted[key]))
    .map((key) => `${target.name}: ${key} is ${JSON.stringify(manifest[key])}, not ${JSON.stringify(wanted[key])}`)
}
