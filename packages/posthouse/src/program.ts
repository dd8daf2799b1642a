import { readFileSync } from 'node:fs'
import { PosthouseError, type Qos, reasonOf } from '@posthouse/core'
import { defaultPort } from '@posthouse/hub'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { parseType } from './body.ts'
import { clients } from './commands/clients.ts'
import { listen } from './commands/listen.ts'
import { send } from './commands/send.ts'
import { up } from './commands/up.ts'
import { completionShells, printCompletion } from './completion.ts'
import { logLevels } from './console-logger.ts'
import { parseDuration } from './duration.ts'
import { parseUrl } from './hub-access.ts'
import type { Terminal } from './terminal.ts'

const exitStatus = `
Exit status: 0 done, 1 failed, 2 wrong words, 3 no hub answers, 4 refused by the hub, 130 given up by Ctrl-C.
POSTHOUSE_URL names the hub where --url is not given. NO_COLOR switches colours off.`

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
  addUp(program, terminal)
  addSend(program, terminal)
  addListen(program, terminal)
  addClients(program, terminal)
  addCompletion(program, terminal)
  return program
}

function addUp(program: Command, terminal: Terminal): void {
  program
    .command('up')
    .summary('run a hub')
    .description(
      'Runs a hub until Ctrl-C, then drains it: what is under way is finished, and clients are told to come back.',
    )
    .option('--host <address>', 'address to listen on; other computers need --insecure as well', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 chooses a free one', checked(parsePort), defaultPort)
    .option('--data <folder>', 'folder for what the hub keeps', '.posthouse')
    .option('--insecure', 'listen where other computers can connect, although nobody is asked who they are', false)
    .option('--no-legacy', 'do not serve cross_comm programs')
    .option('--status-file <file>', 'YAML file with the state of clients (default: cross_comm_clients.yaml in --data)')
    .option(
      '--heartbeat-interval <time>',
      'silence after which a client is pinged (default: 25s)',
      checked(parseDuration),
    )
    .option(
      '--heartbeat-timeout <time>',
      'silence after which a client is gone (default: 35s; cross_comm 60s)',
      checked(parseDuration),
    )
    .addOption(new Option('--log-level <level>', 'how much to log').choices(logLevels).default('info'))
    .addHelpText('after', '\nTimes are written 30 (seconds), 500ms, 2m or 1h.')
    .action((options) => up(terminal, options))
}

function addSend(program: Command, terminal: Terminal): void {
  access(program.command('send'))
    .summary('send one message')
    .description('Sends one message and waits until the hub has it. Without a body it is read from standard input.')
    .argument('<to>', 'a client id, client:<id>, all or hub')
    .addArgument(new Argument('[body]', 'text; JSON for types other than text, json and bytes'))
    .option(
      '--type <type>',
      'text, json, dict, bytes, image, file, folder, audio, video or x-<name>',
      checked(parseType),
      'text',
    )
    .addOption(
      new Option('--qos <level>', '1: stored before it is confirmed; 0: live only').choices(['0', '1']).default('1'),
    )
    .action((to, body, options) => {
      const qos: Qos = options.qos === '0' ? 0 : 1
      return send(terminal, to, body, { ...options, qos })
    })
}

function addListen(program: Command, terminal: Terminal): void {
  access(program.command('listen'))
    .summary('print messages as they come')
    .description(
      'Prints the messages for --id, and those to all, until Ctrl-C. What --type and --from leave out is received all the same: it does not come again.',
    )
    .option('--type <types...>', 'only messages of these types', collected(parseType))
    .option('--from <ids...>', 'only messages of these senders')
    .option('--count <number>', 'stop after so many messages', checked(parseCount))
    .action((options) => listen(terminal, options))
}

function addClients(program: Command, terminal: Terminal): void {
  access(program.command('clients'))
    .summary('show who is there')
    .description('Shows the clients that are online.')
    .option('--all', 'also those that have been here', false)
    .action((options) => clients(terminal, options))
}

function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('print a completion script for your shell')
    .description('Prints a completion script. For bash: source <(posthouse completion bash)')
    .addArgument(new Argument('<shell>', 'the shell').choices(completionShells))
    .action((shell) => printCompletion(terminal, program, shell))
}

function access(command: Command): Command {
  return command
    .option('--id <client>', 'client id to log in with (default: a new one)')
    .option('--url <url>', 'the hub (default: $POSTHOUSE_URL, or ws://127.0.0.1:9898)', checked(parseUrl))
    .option('--json', 'print JSON', false)
}

/** Runs a parser of ours and lets commander report what it refuses. */
function checked<Value>(parse: (word: string) => Value): (word: string) => Value {
  return (word) => {
    try {
      return parse(word)
    } catch (error) {
      throw new InvalidArgumentError(reasonOf(error))
    }
  }
}

/** The same for an option that takes several words. */
function collected<Value>(parse: (word: string) => Value): (word: string, earlier?: readonly Value[]) => Value[] {
  const parseOne = checked(parse)
  return (word, earlier = []) => [...earlier, parseOne(word)]
}

function parsePort(word: string): number {
  const port = Number(word)
  if (/^\d+$/.test(word) && port <= 65_535) return port
  throw new PosthouseError('invalid_option', 'a port is a number from 0 to 65535')
}

function parseCount(word: string): number {
  const count = Number(word)
  if (/^\d+$/.test(word) && count > 0) return count
  throw new PosthouseError('invalid_option', 'a count is a whole number from 1')
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}
