// The tests of installed packages: apart from the others, because they need a registry and the packed packages.

export default {
  files: ['build/test/installs/*.spec.js'],
  timeout: '10m',
  workerThreads: false
}
