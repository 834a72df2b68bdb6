// A program that has the package by `require` and by `import`; reports whether they are one.

const required = require('tcpull')
const { converse, report } = require('./conversation.cjs')

import('tcpull').then(async (imported) => {
  const one = await converse(required)
  const other = await converse(imported)
  const names = Object.keys(required)
  report(one, {
    shared: one.error instanceof imported.TcpError && other.error instanceof required.TcpError,
    same: names.length > 0 && names.every((name) => imported[name] === required[name])
  })
})
