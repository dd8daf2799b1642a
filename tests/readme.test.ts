import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openPost, type Post } from './files/post.ts'
import { PYTHON_PEERS_MISSING, pythonPeersAvailable } from './interop/python-peer.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const documentedUrl = 'ws://127.0.0.1:9898'

/** The library wants a bucket to be named even by programs that send text only; proxies are not for loopback. */
const pythonEnvironment = {
  PYTHONUTF8: '1',
  OSS_ENDPOINT: 'http://127.0.0.1:9',
  OSS_BUCKET_NAME: 'none',
  NO_PROXY: '*',
}

interface Run {
  readonly status: unknown
  readonly output: string
  readonly errors: string
}

describe('the code in the README', () => {
  let post: Post
  let url = ''
  const heard: string[] = []

  before(async () => {
    post = await openPost()
    post.hub.on('*', (message) => heard.push(`${message.from}: ${message.body}`))
    url = post.url
  })
  after(() => post[Symbol.asyncDispose]())

  for (const file of ['README.md', 'README.zh-CN.md']) {
    const blocks = codeBlocks(file, 'ts')
    test(`${file} has TypeScript to run`, () => assert.ok(blocks.length >= 2))
    for (const [index, block] of blocks.entries()) {
      test(`${file}, TypeScript block ${index + 1}, runs as it is written`, async () => {
        const args = ['--conditions=@posthouse/source', '--input-type=module-typescript', '-']
        const here = block.replaceAll(documentedUrl, url).replaceAll('./downloads', join(post.folder, 'downloads'))
        const { status, output, errors } = await run(process.execPath, args, here)
        assert.equal(status, 0, errors)
        for (const word of expectedWords(block)) assert.match(output, word)
      })
    }

    const python = pythonPeersAvailable()
    const skip = python === undefined ? PYTHON_PEERS_MISSING : false
    test(`${file}, the Python block, reaches everyone`, { skip }, async () => {
      const [block = ''] = codeBlocks(file, 'python')
      heard.length = 0
      const program = block.replace('port=9898', `port=${new URL(url).port}`)
      const { status, errors } = await run(python ?? 'python3', ['-'], program, {
        ...process.env,
        ...pythonEnvironment,
      })
      assert.equal(status, 0, errors)
      assert.match(heard.join('\n'), /^carol: (hello|你好)$/)
    })
  }
})

function codeBlocks(file: string, language: string): string[] {
  const markdown = readFileSync(new URL(file, new URL('../', import.meta.url)), 'utf8')
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code)
}

/** What a block must print, judged by what it does. */
function expectedWords(block: string): RegExp[] {
  if (block.includes('new Hub()')) return [/ws:\/\/127\.0\.0\.1:\d+ \[\]/]
  if (block.includes("clientId: 'door'")) return []
  if (block.includes("clientId: 'calculator'")) return [/^6\n1\n2\n3\nno_handler$/m]
  if (block.includes("clientId: 'reader'"))
    return [/^group:team lunch\?$/m, /^news\.sport goal$/m, /^done: resize picture 7 2$/m]
  if (block.includes('createCallClient')) return [/^\{ id: 7, name: '.+' \}\n\{ id: 8, name: '.+' \}\n1\n2\n3$/m]
  if (block.includes("clientId: 'camera'"))
    return [/^README\.md \S+\/downloads\/cross_comm\/camera\/\d+_[0-9a-f]{8}\.md$/m, /^(\d+) of \1$/m]
  if (block.includes('createApp(')) return [/^200 \{ id: 7, name: '(lamp|台灯)' \}\n422$/m]
  if (block.includes("clientId: 'worker'")) return [/^sensor first$/m]
  return [/alice .*(hello|你好)/, /online: true/]
}

async function run(command: string, args: readonly string[], input: string, env = process.env): Promise<Run> {
  const child = spawn(command, args, { cwd: root, env })
  child.stdin.end(input)
  const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status, output, errors }
}
