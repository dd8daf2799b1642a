import type { HubClient, SendFileOptions, SentFile, SentFolder } from '@posthouse/client'
import { PosthouseError } from '@posthouse/core'
import type { Command } from 'commander'
import { type Terminal, visible } from './terminal.ts'
import { TransferLine } from './transfer-line.ts'
import { bytes } from './watch/quantity.ts'

/** The words that name what lies on the disk. */
export interface ContentWords {
  readonly file?: string
  readonly image?: string
  readonly audio?: string
  readonly video?: string
  readonly folder?: string
  readonly name?: string
}

const kinds = ['file', 'image', 'audio', 'video', 'folder'] as const

/** Content of the disk that is to be sent. */
export interface Content {
  readonly kind: (typeof kinds)[number]
  readonly path: string
  readonly name?: string
}

/** Adds the words of `ContentWords`. */
export function withContentWords(command: Command): Command {
  return command
    .option('--file <path>', 'send a file of any size; with --id, an interrupted one resumes where it was')
    .option('--image <path>', 'the same for an image')
    .option('--audio <path>', 'the same for audio')
    .option('--video <path>', 'the same for video')
    .option(
      '--folder <path>',
      'send a folder with everything in it; with --id, a repeated one sends only what is missing',
    )
    .option('--name <name>', 'with these: the name that the recipient is told')
}

/**
 * What the words name.
 * @throws PosthouseError `invalid_option` for two contents, or one together with a body
 */
export function contentOf(words: ContentWords, body: string | undefined): Content | undefined {
  const { name } = words
  const named = kinds.flatMap((kind) => {
    const path = words[kind]
    return path === undefined ? [] : [{ kind, path, ...(name !== undefined && { name }) }]
  })
  const [content] = named
  if (named.length > 1) throw new PosthouseError('invalid_option', 'one file or folder is sent at a time')
  if (content && body !== undefined) throw new PosthouseError('invalid_option', 'a file or folder has no other body')
  if (name !== undefined && !content) throw new PosthouseError('invalid_option', '--name is for files and folders')
  return content
}

/** Sends it, shows how far that is, and says what became of it. */
export async function sendContent(
  terminal: Terminal,
  { client, to, content, json }: SendContent,
  options: SendFileOptions,
): Promise<SentFile | SentFolder> {
  using line = new TransferLine(terminal, content.name ?? content.path, { json })
  const sent = await start(client, to, { content, options: { ...options, onProgress: line.show } })
  line[Symbol.dispose]()
  const { id, state, key, size } = sent
  if (json) terminal.print(JSON.stringify({ to, type: content.kind, ...sent }))
  else {
    const about = `${content.kind} ${visible(sent.name)}, ${bytes(size)}, to ${visible(to)}, key ${visible(key)}, id ${id}`
    terminal.print(`${state} ${terminal.style('gray', about)}`)
    for (const skipped of 'skipped' in sent ? sent.skipped : []) {
      terminal.note(`left out: ${visible(skipped.path)} (${skipped.reason})`)
    }
  }
  return sent
}

interface SendContent {
  readonly client: HubClient
  readonly to: string
  readonly content: Content
  readonly json: boolean
}

function start(
  client: HubClient,
  to: string,
  { content, options }: { readonly content: Content; readonly options: SendFileOptions },
): Promise<SentFile | SentFolder> {
  const { kind, path, name } = content
  const named = { ...options, ...(name !== undefined && { name }) }
  switch (kind) {
    case 'file':
      return client.sendFile(to, path, named)
    case 'image':
      return client.sendImage(to, path, named)
    case 'audio':
      return client.sendAudio(to, path, named)
    case 'video':
      return client.sendVideo(to, path, named)
    case 'folder':
      return client.sendFolder(to, path, named)
  }
}
