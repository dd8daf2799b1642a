import type { Duplex } from 'node:stream'

/**
 * Has a socket hand all that it is given in one turn to the system at once: each answer that is written by itself costs more
 * than all else that is done for a small call.
 */
export function gatherWrites(socket: Duplex): void {
  const write: Duplex['write'] = socket.write.bind(socket)
  let gathering = false
  const end = (): void => {
    gathering = false
    socket.uncork()
  }
  // The library writes from several places, also when it is told that the last piece is gone.
  socket.write = (...given: unknown[]): boolean => {
    if (!gathering) {
      gathering = true
      socket.cork()
      process.nextTick(end)
    }
    // What `write` is given decides which of its forms is meant.
    return write(...(given as Parameters<Duplex['write']>))
  }
}
