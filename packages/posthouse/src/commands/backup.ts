import type { Command } from 'commander'
import { copyDataFolder } from '../backup/copy-folder.ts'
import { onInterrupt } from '../interrupt.ts'
import { folderOf, type NodeHere, withNodeHere } from '../settings/node-here.ts'
import type { Terminal } from '../terminal.ts'
import { bytes } from '../watch/quantity.ts'

interface BackupOptions extends NodeHere {
  readonly json?: boolean
}

/** Adds `posthouse backup`. */
export function addBackup(program: Command, terminal: Terminal): void {
  const command = program
    .command('backup')
    .summary('copy everything that a node keeps, while it runs')
    .description(
      'Copies the folder of a node into a new one, as of one point in time, even while the node runs on this computer. A node can be started with the copy.',
    )
    .argument('<folder>', 'where the copy goes; it must not exist, or be empty')
    .option('--json', 'print JSON')
  withNodeHere(command).action((folder, options) => backup(terminal, folder, options))
}

/** @throws PosthouseError `invalid_option`, `data_damaged`, `data_unwritable`, `aborted` */
async function backup(terminal: Terminal, folder: string, { json, ...here }: BackupOptions): Promise<void> {
  using interrupt = onInterrupt()
  const copied = await copyDataFolder(await folderOf(here), folder, interrupt.signal)
  if (json) return terminal.print(JSON.stringify(copied))
  const files = copied.files === 1 ? '1 file' : `${copied.files} files`
  terminal.note(`${copied.to} has all of ${copied.from}, with ${files} of clients (${bytes(copied.bytes)}).`)
  terminal.note('Token files, certificates and the configuration file lie elsewhere: back them up, too.')
}
