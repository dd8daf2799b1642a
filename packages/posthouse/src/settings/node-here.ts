import { Command } from 'commander'
import { type UpWords, withUpWords } from '../up-words.ts'
import { applySettings } from './apply-settings.ts'

/** What is said of a node that runs here, or is to. */
export interface NodeHere {
  readonly data?: string
  readonly config?: string
}

/** Adds the words of `NodeHere` to a command. */
export function withNodeHere(command: Command): Command {
  return command
    .option('--data <folder>', 'folder of the node (default: that of posthouse up, by its settings here)')
    .option('--config <file>', 'configuration file of the node (default: as for posthouse up)')
}

/**
 * What `posthouse up` would go by here: its settings in the environment and in the configuration file.
 * @throws PosthouseError `invalid_option`
 */
export async function settingsHere(config: string | undefined): Promise<UpWords> {
  const command = withUpWords(new Command('up'))
  if (config !== undefined) command.setOptionValueWithSource('config', config, 'cli')
  await applySettings(command)
  return command.opts<UpWords>()
}

/**
 * The folder of the node: the one that is named, or that of `posthouse up`.
 * @throws PosthouseError `invalid_option`
 */
export async function folderOf({ data, config }: NodeHere): Promise<string> {
  return data ?? (await settingsHere(config)).data
}
