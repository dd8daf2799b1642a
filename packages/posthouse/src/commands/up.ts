import type { Command } from 'commander'
import { runNode } from '../run-node.ts'
import { applySettings } from '../settings/apply-settings.ts'
import type { Terminal } from '../terminal.ts'
import { type UpWords, withUpWords } from '../up-words.ts'

/** Adds `posthouse up`. */
export function addUp(program: Command, terminal: Terminal): void {
  const command = program
    .command('up')
    .summary('run a hub')
    .description(
      'Runs a hub until Ctrl-C, then drains it: work in progress is finished, and clients are told to reconnect.',
    )
  withUpWords(command).action(async () => {
    const { file, doubts } = await applySettings(command)
    for (const doubt of doubts) terminal.note(doubt)
    await runNode(terminal, command.opts<UpWords>(), file)
  })
}
