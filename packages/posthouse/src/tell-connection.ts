import type { HubClient } from '@posthouse/client'
import { type Terminal, visible } from './terminal.ts'

/** Says when a connection is lost and when it is back, and what goes wrong meanwhile. What ends the client aborts `done`. */
export function tellConnection(terminal: Terminal, client: HubClient, done: AbortController): void {
  let before = false
  let lost = false
  client.watch('state', ({ state }) => {
    if (state === 'waiting' && !lost) {
      lost = true
      terminal.note('the connection is lost; trying again …')
    } else if (state === 'online') {
      if (before) terminal.note('connected again')
      before = true
      lost = false
    }
  })
  client.watch('error', (error) => {
    if (client.state === 'online') terminal.note(`${visible(error.message)} (${error.code})`)
    else if (client.state !== 'waiting') done.abort(error)
  })
}
