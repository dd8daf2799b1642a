import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Has a process that is started with it say on standard error, line by line, what it loads. */
registerHooks({
  load: (url, context, nextLoad) => {
    writeSync(2, `loads ${url}\n`)
    return nextLoad(url, context)
  },
})
