import { CommanderError } from 'commander'
import { exitCodeOf, exitCodes, explain } from './failure.ts'
import { leave } from './leave.ts'
import { buildProgram } from './program.ts'
import { Terminal } from './terminal.ts'

const terminal = new Terminal()

// A reader that has seen enough, as in `posthouse listen | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  throw error
})

// A node goes on where nobody reads its log any more, and ends in good order where its terminal has gone.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
})

try {
  const program = buildProgram(terminal)
  if (process.argv.length <= 2) program.outputHelp()
  else await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  else {
    explain(terminal, error, process.argv.includes('--json'))
    process.exitCode = exitCodeOf(error)
  }
}
leave()
