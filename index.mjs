// The package's door for `import`: the same objects that `require` gives, so that there is one copy of every class.

export { connect, processRequest, TcpClient, TcpError } from './dist/index.js'
