import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openPost } from '../../../tests/files/post.ts'
import { fetchFile } from '../src/fetch-file.ts'
import { Cli } from './cli.ts'
import { serveHttp } from './servers.ts'

describe('files on the command line', () => {
  test('are sent, fetched as they come, and told of', async () => {
    await using post = await openPost()
    const { folder, url } = post
    const env = { XDG_STATE_HOME: join(folder, 'state') }
    await writeFile(join(folder, 'x.iso'), 'content of a disk')
    await mkdir(join(folder, 'dir/empty'), { recursive: true })
    await writeFile(join(folder, 'dir/a.txt'), 'a')
    await symlink('/etc', join(folder, 'dir/link'))
    const words = ['--url', url]
    await using listening = Cli.start(
      ['listen', '--id', 'bob', '--download-to', 'd', '--save-as', 'name', '--count', '3', ...words],
      { cwd: folder, env },
    )
    await listening.line(/listening as bob/)
    const file = await Cli.run(['send', 'bob', '--file', 'x.iso', '--id', 'alice', ...words], { cwd: folder, env })
    assert.equal(file.status, 0, file.err)
    assert.match(file.out, /^stored file x\.iso, 17B, to bob, key cross_comm\/alice\/\d+_[0-9a-f]{8}\.iso, id \S+\n?$/)
    assert.match(file.err, /x\.iso 100 %, 17B of 17B/)
    const dir = await Cli.run(['send', 'bob', '--folder', 'dir', ...words], { cwd: folder, env })
    assert.match(dir.out, /^stored folder dir, 1B/)
    assert.match(dir.err, /left out: link \(symlink\)/)
    const told = dir.err.split('\n').filter((line) => line.startsWith('dir '))
    assert.match(told.at(-1) ?? '', /^dir 100 %, 1B of 1B, 1 of 1 files/)
    assert.equal(told.length, 1)
    const events = await Cli.run(['send', 'bob', '--image', 'x.iso', '--name', 'y.png', '--json', ...words], {
      cwd: folder,
      env,
    })
    const rows = events.out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
    assert.equal(rows.at(0).event, 'progress')
    assert.deepEqual([rows.at(-1).type, rows.at(-1).name, rows.at(-1).size], ['image', 'y.png', 17])
    const { out, status } = await listening.ended()
    assert.equal(status, 0)
    assert.deepEqual(
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ').slice(1).join(' ')),
      ['file d/x.iso', 'folder d/dir', 'image d/y.png'],
    )
    assert.equal(await readFile(join(folder, 'd/x.iso'), 'utf8'), 'content of a disk')
    assert.equal(await readFile(join(folder, 'd/dir/a.txt'), 'utf8'), 'a')
  })

  test('are refused where the words do not go together, and told of where they cannot be read', async () => {
    await using post = await openPost()
    for (const [words, reason] of [
      [['send', 'bob', 'hello', '--file', 'x'], /no other body/],
      [['send', 'bob', '--file', 'x', '--folder', 'y'], /one file or folder/],
      [['send', 'bob', '--file', 'x', '--qos', '0'], /qos 1/],
      [['send', 'bob', 'hello', '--name', 'x'], /for files and folders/],
      [['send', 'bob', '--image', 'x', '--type', 'dict'], /leave --type out/],
      [['listen', '--save-as', 'name'], /--save-as goes with --download-to/],
    ] as const) {
      const { status, err } = await Cli.run([...words, '--url', post.url])
      assert.equal(status, 2, err)
      assert.match(err, reason)
    }
    const { status, err } = await Cli.run(['send', 'bob', '--file', '/nowhere', '--url', post.url])
    assert.equal(status, 1)
    assert.match(err, /source_failed/)
    const whole = await Cli.run(['send', 'bob', '--file', post.folder, '--url', post.url])
    assert.match(whole.err, /is a folder: send it by sendFolder \(posthouse send --folder\) \(source_failed\)/)
  })

  test('are given up when that is asked, and say where they cannot be written', async () => {
    const abortion = new AbortController()
    await using slow = await serveHttp((_, answer) => {
      answer.writeHead(200, { 'content-length': 5 }).write('a')
      abortion.abort()
    })
    await using quick = await serveHttp((_, answer) => answer.end('whole'))
    const wanted = { size: 5, path: '/nowhere/a', signal: new AbortController().signal }
    const at = (port: number): string => `http://127.0.0.1:${port}/`
    await assert.rejects(fetchFile({ ...wanted, url: at(quick.port) }), { code: 'target_failed' })
    const given = { ...wanted, url: at(slow.port), path: join(tmpdir(), `given-up-${process.pid}`) }
    await assert.rejects(fetchFile({ ...given, signal: abortion.signal }), { code: 'aborted' })
    await assert.rejects(fetchFile({ ...given, signal: abortion.signal }), { code: 'aborted' })
  })
})
