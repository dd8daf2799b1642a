import type { Durability } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { type CallsWords, withCallsWords } from './calls-words.ts'
import { type LogLevel, logLevels } from './console-logger.ts'
import { durabilities } from './data-folder.ts'
import { defaultPort } from './default-hub.ts'
import { parseDuration } from './duration.ts'
import { type FileWords, withFileWords } from './file-words.ts'
import { type HubWords, withHubWords } from './hub-words.ts'
import { checked, parsePort } from './option-values.ts'

const environments = ['development', 'test', 'production'] as const
const metricsReaders = ['admin', 'open', 'off'] as const

/** What the words of `posthouse up` say, with what environment and configuration file have added. */
export interface UpWords extends HubWords, FileWords, CallsWords {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly durability: Durability
  readonly statusFile?: string
  readonly logLevel: LogLevel
  readonly env?: (typeof environments)[number]
  readonly administration: boolean
  readonly metrics: (typeof metricsReaders)[number]
  readonly drainDelay?: number
}

/** Adds them to a command. Each is also a setting of configuration files, and one of the environment. */
export function withUpWords(command: Command): Command {
  command
    .option('--config <file>', 'configuration file (default: $POSTHOUSE_CONFIG, or posthouse.config.ts or .json here)')
    .option(
      '--host <address>',
      'address to listen on; one that others reach needs --token-file or --insecure',
      '127.0.0.1',
    )
    .option('--port <number>', 'port to listen on; 0 chooses a free one', checked(parsePort), defaultPort)
    .option('--data <folder>', 'folder for everything the hub keeps; for one hub at a time', '.posthouse')
    .addOption(
      new Option(
        '--durability <what>',
        'what stored messages survive: disk: loss of power; process: a crash of the hub; memory: neither',
      )
        .choices(durabilities)
        .default('disk'),
    )
    .option('--status-file <file>', 'YAML file with the state of clients (default: cross_comm_clients.yaml in --data)')
    .addOption(new Option('--log-level <level>', 'how much to log').choices(logLevels).default('info'))
    .addOption(
      new Option(
        '--env <name>',
        'the environment; in production API documentation is off (default: $NODE_ENV)',
      ).choices(environments),
    )
    .option('--no-administration', 'do not serve /api/v1')
    .addOption(new Option('--metrics <who>', 'who may read /metrics').choices(metricsReaders).default('admin'))
    .option(
      '--drain-delay <time>',
      'how long to keep working once told to stop, with /readyz at 503, before it drains (default: not at all)',
      checked(parseDuration),
    )
    .addHelpText('after', aboutSettings)
  withHubWords(command)
  withFileWords(command)
  withCallsWords(command)
  return command
}

const aboutSettings = `
Times are written 30 (seconds), 500ms, 2m or 1h.
Each option is also a setting: tokenFile in the configuration file, POSTHOUSE_TOKEN_FILE in the environment. Flags win over the
environment, the environment over the file; posthouse config shows what is in force.`
