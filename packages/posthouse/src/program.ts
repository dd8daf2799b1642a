import { Command } from 'commander'
import { addBackup } from './commands/backup.ts'
import { addBench } from './commands/bench.ts'
import { addCall } from './commands/call.ts'
import { addCallbackKeys } from './commands/callback-keys.ts'
import { addChannels } from './commands/channels.ts'
import { addClients } from './commands/clients.ts'
import { addConfig } from './commands/config.ts'
import { addDeadLetters } from './commands/dead-letters.ts'
import { addDev } from './commands/dev.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDocuments } from './commands/documents.ts'
import { addFiles } from './commands/files.ts'
import { addGroups } from './commands/groups.ts'
import { addHistory } from './commands/history.ts'
import { addInbox } from './commands/inbox.ts'
import { addListen } from './commands/listen.ts'
import { addNew } from './commands/new.ts'
import { addProcedures } from './commands/procedures.ts'
import { addPublish } from './commands/publish.ts'
import { addQueues } from './commands/queues.ts'
import { addRoutes } from './commands/routes.ts'
import { addSend } from './commands/send.ts'
import { addServe } from './commands/serve.ts'
import { addStats } from './commands/stats.ts'
import { addSubscribe } from './commands/subscribe.ts'
import { addToken } from './commands/token.ts'
import { addUp } from './commands/up.ts'
import { addWatch } from './commands/watch.ts'
import { addCompletion } from './completion.ts'
import { ownVersion } from './own-version.ts'
import type { Terminal } from './terminal.ts'

const exitStatus = `
Exit status: 0 done, 1 failed, 2 wrong words, 3 no hub answers, 4 refused by the hub, 130 given up by Ctrl-C.
POSTHOUSE_URL names the hub and POSTHOUSE_TOKEN the token where the options do not. NO_COLOR switches colours off.`

/** The command line: its words, and what each of them runs. */
export function buildProgram(terminal: Terminal): Command {
  const program = new Command('posthouse')
    .description('A hub through which devices, services and browsers exchange messages.')
    .version(ownVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', exitStatus)
    .showHelpAfterError('(posthouse --help shows what there is)')
    .configureOutput({ writeOut: (text) => terminal.out.write(text), writeErr: (text) => terminal.err.write(text) })
    .exitOverride()
  program.commandsGroup('A hub:')
  addUp(program, terminal)
  addConfig(program, terminal)
  addToken(program, terminal)
  addBackup(program, terminal)
  program.commandsGroup('An app:')
  addDev(program, terminal)
  addServe(program, terminal)
  addRoutes(program, terminal)
  addDocuments(program, terminal)
  addNew(program, terminal)
  program.commandsGroup('Messages and calls:')
  addSend(program, terminal)
  addPublish(program, terminal)
  addListen(program, terminal)
  addSubscribe(program, terminal)
  addCall(program, terminal)
  addProcedures(program, terminal)
  addCallbackKeys(program, terminal)
  program.commandsGroup('What a hub keeps:')
  addGroups(program, terminal)
  addChannels(program, terminal)
  addHistory(program, terminal)
  addQueues(program, terminal)
  addInbox(program, terminal)
  addDeadLetters(program, terminal)
  addFiles(program, terminal)
  program.commandsGroup('What goes on:')
  addClients(program, terminal)
  addWatch(program, terminal)
  addStats(program, terminal)
  addDoctor(program, terminal)
  addBench(program, terminal)
  program.commandsGroup('This command:')
  addCompletion(program, terminal)
  program.helpCommand('help [command]', 'show the help of a command')
  for (const each of program.commands) each.showHelpAfterError(`(posthouse ${each.name()} --help shows its words)`)
  return program
}
