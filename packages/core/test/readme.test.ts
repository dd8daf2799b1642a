import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import * as policy from '@posthouse/core/policy'
import * as status from '@posthouse/core/status'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = Array.from(readme.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = '']) => code)

/** What a block says when it is run as it is written, but for the address. */
async function run(block: string, address: string): Promise<string> {
  const args = ['--conditions=@posthouse/source', '--input-type=module-typescript', '-']
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname })
  child.stdin.end(block.replaceAll('127.0.0.1:8080', address))
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  assert.equal(code, 0, errors)
  return output
}

async function saysWhatIsPrinted(block = '', lines: number): Promise<void> {
  const said = Array.from(block.matchAll(/console\.log.* \/\/ (.*)$/gm), ([, words]) => words)
  assert.equal(said.length, lines)
  assert.equal(await run(block, ''), `${said.join('\n')}\n`)
}

describe('the README of core', () => {
  it('asks a server under policies', async () => {
    let requests = 0
    const server = createServer((_, response) => {
      // Only what is tried again gets an answer.
      if (++requests === 1) response.destroy()
      else response.writeHead(204).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    assert.equal(await run(blocks[0] ?? '', `127.0.0.1:${port}`), '204\n')
    server.close()
    assert.equal(requests, 2)
  })

  it('says of statuses what is printed', async () => {
    await saysWhatIsPrinted(blocks[1], 4)
  })

  it('says of callbacks what is printed', async () => {
    await saysWhatIsPrinted(blocks[2], 1)
  })

  it('says of files what is printed', async () => {
    await saysWhatIsPrinted(blocks[3], 2)
  })

  it('names every policy and what there is for statuses', () => {
    for (const name of [...Object.keys(policy), ...Object.keys(status)]) {
      if (!/^(HTTP|WS)_/.test(name)) assert.ok(readme.includes(`\`${name}`) || readme.includes(` ${name},`), name)
    }
  })
})
