// Declares no test.

import 'ava'
