import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { decodeManifest, encodeManifest, type Manifest } from '../../src/files/manifest.ts'
import { walkFolder } from '../../src/files/node/walk.ts'

suite('the walk through a folder', () => {
  test('finds hidden files, empty folders and executable files, and skips links and pipes', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'walk-'))
    t.after(() => rm(root, { recursive: true }))
    await mkdir(join(root, 'empty'))
    await mkdir(join(root, 'sub/deeper'), { recursive: true })
    await writeFile(join(root, '.hidden'), 'h')
    await writeFile(join(root, 'run.sh'), '#!/bin/sh\n')
    await chmod(join(root, 'run.sh'), 0o755)
    await writeFile(join(root, 'sub/deeper/a.txt'), 'abc')
    await utimes(join(root, 'sub/deeper/a.txt'), 1_600_000_000, 1_600_000_000)
    await symlink('/etc/passwd', join(root, 'link'))
    await symlink('..', join(root, 'sub/up'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    const { entries, skipped } = await walkFolder(root)
    assert.deepEqual(
      entries.map(({ path, kind, size, executable }) => [path, kind, size, executable]),
      [
        ['.hidden', 'file', 1, false],
        ['empty', 'directory', 0, false],
        ['run.sh', 'file', 10, true],
        ['sub', 'directory', 0, false],
        ['sub/deeper', 'directory', 0, false],
        ['sub/deeper/a.txt', 'file', 3, false],
      ],
    )
    assert.equal(entries.find(({ path }) => path.endsWith('a.txt'))?.mtime, 1_600_000_000_000)
    assert.deepEqual(
      skipped.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      [
        { path: 'link', reason: 'symlink' },
        { path: 'pipe', reason: 'special' },
        { path: 'sub/up', reason: 'symlink' },
      ],
    )
  })

  test('refuses what is no folder', async () => {
    await assert.rejects(walkFolder('/nowhere/at/all'), { code: 'source_failed' })
    await assert.rejects(walkFolder('/etc/passwd'), { code: 'source_failed' })
  })

  test('ends when its caller gives up', async () => {
    await assert.rejects(walkFolder('/', AbortSignal.abort()), { code: 'aborted' })
  })
})

suite('a manifest', () => {
  const manifest: Manifest = {
    name: 'photos',
    entries: [
      { path: 'empty', kind: 'directory', size: 0, executable: false, mtime: 5 },
      { path: 'run', kind: 'file', size: 3, executable: true, mtime: 7, sha256: 'a'.repeat(64), key: 'k/run' },
    ],
    skipped: [{ path: 'link', reason: 'symlink' }],
  }

  test('says what it said when it is read again', () => {
    assert.deepEqual(decodeManifest(encodeManifest(manifest)), manifest)
  })

  test('is refused when it is none, of a later version, or broken', () => {
    const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
    const row = { path: 'a', kind: 'file', size: 1, mode: 420, mtime: 0, sha256: 'b'.repeat(64), key: 'k' }
    const whole = { format: 'posthouse.folder', version: 1, name: 'x', entries: [row], skipped: [] }
    assert.equal(decodeManifest(encode(whole)).entries.length, 1)
    const timeless = decodeManifest(encode({ ...whole, entries: [{ ...row, mtime: 1e300 }] }))
    assert.equal(timeless.entries[0]?.mtime, 0)
    for (const wrong of [
      'no json',
      [],
      { ...whole, format: 'other' },
      { ...whole, version: 2 },
      { ...whole, entries: {} },
      ...[{ size: -1 }, { size: 1.5 }, { kind: 'link' }, { sha256: 'short' }, { key: 5 }, { path: undefined }].map(
        (change) => ({ ...whole, entries: [{ ...row, ...change }] }),
      ),
    ]) {
      const bytes = typeof wrong === 'string' ? new TextEncoder().encode(wrong) : encode(wrong)
      assert.throws(() => decodeManifest(bytes), { code: 'invalid_body' }, JSON.stringify(wrong))
    }
  })
})
