import assert from 'node:assert/strict'
import { posix, win32 } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { baseName, numberedName, safeName, safePath } from '../../src/files/safe-name.ts'
import { SafeTree } from '../../src/files/safe-tree.ts'

const nasty = [
  '..',
  '.',
  '',
  '../../etc/passwd',
  '..\\..\\boot.ini',
  '/etc/passwd',
  'C:\\Windows\\system32',
  'a\0b',
  'line\nbreak',
  '\u202egpj.exe',
  '\ud800',
  'CON',
  'nul.txt',
  'com1',
  'trailing. ',
  'a:b',
  'a|b?c*d',
  'x.part',
  '\u0065\u0301',
  'a'.repeat(1000),
  `${'\u{1f600}'.repeat(100)}.tar.gz`,
]

suite('a safe name', () => {
  test('is one name and no way to anywhere, whatever it was made of', () => {
    for (const windows of [false, true]) {
      for (const name of nasty) assertSafe(safeName(name, { windows }), name)
    }
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => assertSafe(safeName(name), name)))
  })

  test('is the name itself where that is harmless', () => {
    for (const name of [
      'report.pdf',
      '.hidden',
      '1640995200123_ab12cd34.pdf',
      'héllo wörld',
      '中文.txt',
      'a b',
      '...x',
    ]) {
      assert.equal(safeName(name), name.normalize('NFC'))
    }
  })

  test('stays the same when it is made safe again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (name, windows) => {
        const once = safeName(name, { windows })
        assert.equal(safeName(once, { windows }), once)
      }),
    )
  })

  test('means nothing special to Windows where that is asked for', () => {
    assert.equal(safeName('CON', { windows: true }), 'CON_')
    assert.equal(safeName('nul.txt', { windows: true }), 'nul_.txt')
    assert.equal(safeName('console.txt', { windows: true }), 'console.txt')
    assert.equal(safeName('trailing. ', { windows: true }), 'trailing_')
    assert.equal(safeName('a:b', { windows: true }), 'a_b')
    assert.equal(safeName('CON'), 'CON')
  })

  test('never looks like a part', () => {
    assert.equal(safeName('film.part'), 'film.part_')
    assert.equal(safeName('film.PART'), 'film.PART_')
  })

  test('of one too long keeps its extension and differs from others with the same beginning', () => {
    const [one, two] = [safeName(`${'a'.repeat(400)}1.pdf`), safeName(`${'a'.repeat(400)}2.pdf`)]
    assert.match(one, /~[0-9a-f]{8}\.pdf$/)
    assert.notEqual(one, two)
  })
})

suite('a safe path', () => {
  test('stays below where it begins', () => {
    for (const path of ['../../x', '/abs/../../y', 'a/../../b', './././c', '', '//', 'a/./b']) {
      const joined = posix.join('/base', ...safePath(path))
      assert.ok(joined.startsWith('/base/'), joined)
    }
  })

  test('is the documented one for keys of the documented form', () => {
    assert.deepEqual(safePath('cross_comm/client1/1640995200123_ab12cd34.pdf'), [
      'cross_comm',
      'client1',
      '1640995200123_ab12cd34.pdf',
    ])
  })
})

test('the name of a file is the last part of a path of any system', () => {
  assert.equal(baseName('/home/ann/a.txt'), 'a.txt')
  assert.equal(baseName('C:\\Users\\ann\\b.txt'), 'b.txt')
  assert.equal(baseName('folder/'), 'folder')
  assert.equal(baseName(''), '')
})

test('a copy is numbered before its extension', () => {
  assert.deepEqual(
    [1, 2].map((number) => numberedName('a.tar.gz', number)),
    ['a.tar.gz', 'a.tar (2).gz'],
  )
  assert.equal(numberedName('.env', 2), '.env (2)')
})

suite('a safe tree', () => {
  test('gives names that a file system takes for one a place each', () => {
    const tree = new SafeTree({ folds: true })
    const paths = ['Readme', 'README', 'readme', 'caf\u00e9', 'cafe\u0301', 'a/B', 'A/b']
    const places = paths.map((path) => tree.place(path, 'file').join('/'))
    assert.equal(new Set(places.map((place) => place.normalize('NFC').toLowerCase())).size, paths.length)
  })

  test('keeps them where the file system tells them apart', () => {
    const tree = new SafeTree({ folds: false })
    assert.deepEqual(tree.place('Readme', 'file'), ['Readme'])
    assert.deepEqual(tree.place('README', 'file'), ['README'])
  })

  test('keeps apart what became the same by being made safe', () => {
    const tree = new SafeTree({ folds: false })
    const places = ['a\u0001', 'a\u0002', 'a_', '..', '_', '.'].map((path) => tree.place(path, 'file').join('/'))
    assert.equal(new Set(places).size, places.length)
  })

  test('looks at few names for each, also where all become one', () => {
    let looks = 0
    const rules = {
      get folds() {
        looks++
        return true
      },
    }
    const tree = new SafeTree(rules)
    const names = Array.from({ length: 625 }, (_, n) =>
      n.toString(5).replace(/\d/g, (digit) => '\u0001\u0002\u0003\u0004\u0005'[Number(digit)] ?? ''),
    )
    const places = names.map((name) => tree.place(name, 'file').join('/'))
    assert.equal(new Set(places).size, names.length)
    assert.ok(looks < 10 * names.length, `${looks} looks`)
  })

  test('gives a folder one place, however often it is gone through', () => {
    const tree = new SafeTree({ folds: true })
    const [first] = tree.place('Dir/one', 'file')
    const [second] = tree.place('Dir/two', 'file')
    const [other] = tree.place('dir/one', 'file')
    assert.equal(first, second)
    assert.notEqual(first, other)
  })
})

function assertSafe(safe: string, name: string): void {
  const about = `${JSON.stringify(name)} became ${JSON.stringify(safe)}`
  assert.equal(posix.dirname(posix.join('/base', safe)), '/base', about)
  assert.equal(win32.dirname(win32.join('C:\\base', safe)), 'C:\\base', about)
  assert.doesNotMatch(safe, /[\p{Cc}\p{Cs}]/u, about)
  assert.equal(safe, safe.normalize('NFC'), about)
  assert.ok(Buffer.byteLength(safe) <= 245, about)
  assert.ok(!['', '.', '..'].includes(safe), about)
}
