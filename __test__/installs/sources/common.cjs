// A CommonJS program that uses the package.

const tcpull = require('tcpull')
const { converse, report } = require('./conversation.cjs')

converse(tcpull).then(report)
