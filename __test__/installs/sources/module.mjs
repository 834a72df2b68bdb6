// An ES module that uses the package.

import { connect, TcpError } from 'tcpull'
import { converse, report } from './conversation.cjs'

report(await converse({ connect, TcpError }))
