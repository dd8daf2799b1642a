import { writeFile } from 'node:fs/promises'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { Command } from 'commander'
import { loadApp } from '../app/load-app.ts'
import type { Terminal } from '../terminal.ts'

/** The documents of an app, by the names of their commands. */
const documents = {
  openapi: 'the OpenAPI document of an app: its HTTP endpoints',
  asyncapi: 'the AsyncAPI document of an app: its WebSocket endpoints',
} as const

/** Adds `posthouse openapi` and `posthouse asyncapi`. */
export function addDocuments(program: Command, terminal: Terminal): void {
  for (const name of ['openapi', 'asyncapi'] as const) {
    program
      .command(name)
      .summary(`print ${documents[name]}`)
      .description(`Prints ${documents[name]}, as JSON.`)
      .argument('<file>', 'file that exports the app, such as app.ts')
      .option('--out <file>', 'write it to this file instead')
      .action((file, { out }: { readonly out?: string }) => printDocument(terminal, name, { file, out }))
  }
}

async function printDocument(
  terminal: Terminal,
  name: keyof typeof documents,
  { file, out }: { readonly file: string; readonly out: string | undefined },
): Promise<void> {
  const { app } = await loadApp(file)
  const text = JSON.stringify(app[name](), null, 2)
  await app.close()
  if (out === undefined) terminal.print(text)
  else await write(out, `${text}\n`)
}

/** @throws PosthouseError `invalid_option` */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw new PosthouseError('invalid_option', `${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}
