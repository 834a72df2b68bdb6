// The types of the package's door for `import`: those that `require` gives.

export * from './dist/index.js'
