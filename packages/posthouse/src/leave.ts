/** How long a command that has ended waits for what is still open, in milliseconds. */
const lingerMs = 1000

/**
 * Ends this process a moment after its command has ended. By itself it ends at once, unless a program of the user's that was
 * loaded for it holds something open, such as a timer or connections to a database, which nobody would ever close.
 */
export function leave(): void {
  const end = (): void => {
    if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit()
    leave()
  }
  setTimeout(end, lingerMs).unref()
}
