// Imported before the other helpers of a file of tests, it has their connections go over TLS however the file is run.

process.env['TEST_TRANSPORT'] ||= 'tls'
