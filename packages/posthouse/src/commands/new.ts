import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { Command } from 'commander'
import { projectFiles } from '../app/project.ts'
import type { Terminal } from '../terminal.ts'

/** Adds `posthouse new`. */
export function addNew(program: Command, terminal: Terminal): void {
  program
    .command('new')
    .summary('create a small project to start from')
    .description('Creates a project with HTTP and WebSocket endpoints and tests of both, in a new or empty folder.')
    .argument('<folder>', 'the folder; its name becomes the name of the project')
    .action((folder) => makeProject(terminal, folder))
}

/** @throws PosthouseError `invalid_option` */
async function makeProject(terminal: Terminal, folder: string): Promise<void> {
  const path = resolve(folder)
  const name = basename(path)
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new PosthouseError('invalid_option', `${name} is not a package name: use lower-case letters, digits, - and _`)
  }
  if ((await entriesOf(path)).length > 0) throw new PosthouseError('invalid_option', `${folder} is not empty`)
  for (const [file, text] of Object.entries(projectFiles(name))) await write(join(path, file), text)
  terminal.print(`made ${folder}. Go on with:\n  cd ${folder}\n  npm install\n  npm test\n  npm run dev`)
}

async function entriesOf(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new PosthouseError('invalid_option', `${path} cannot be used: ${reasonOf(error)}`, { cause: error })
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  } catch (cause) {
    throw new PosthouseError('invalid_option', `${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}
