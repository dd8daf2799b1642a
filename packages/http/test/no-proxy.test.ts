import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readNoProxy } from '../src/wire/no-proxy.ts'

type Row = readonly [list: string, past: readonly string[], through: readonly string[]]

const table: readonly Row[] = [
  ['', [], ['http://example.org', 'http://127.0.0.1']],
  [' , ,', [], ['http://example.org']],
  ['*', ['http://example.org', 'https://[::1]:8443', 'http://10.0.0.1'], []],
  ['none.example, *', ['http://example.org'], []],
  ['*:8080', ['http://a.example:8080'], ['http://a.example', 'https://a.example']],
  [
    'example.org',
    ['http://example.org', 'https://a.b.example.org:8443'],
    ['http://badexample.org', 'http://example.org.evil.test'],
  ],
  ['EXAMPLE.org', ['http://example.ORG'], []],
  ['example.org.', ['http://example.org', 'http://example.org.'], []],
  ['example.org', ['http://example.org.', 'http://www.example.org.'], []],
  ['.example.org', ['http://example.org', 'http://a.example.org'], ['http://notexample.org']],
  ['*.example.org', ['http://a.example.org', 'http://a.b.example.org'], ['http://example.org', 'http://xexample.org']],
  [
    'example.org:8080',
    ['http://example.org:8080', 'http://a.example.org:8080'],
    ['http://example.org', 'https://example.org'],
  ],
  ['example.org:443', ['https://example.org'], ['http://example.org']],
  ['example.org:80', ['http://example.org'], ['https://example.org']],
  ['localhost', ['http://localhost:3000'], ['http://127.0.0.1', 'http://[::1]']],
  [
    '127.0.0.1',
    ['http://127.0.0.1:5000', 'http://2130706433', 'http://0x7f.1', 'http://[::ffff:127.0.0.1]'],
    ['http://127.0.0.2'],
  ],
  ['127.1', ['http://127.0.0.1'], ['http://127.0.0.2']],
  ['127.0.0.0/8', ['http://127.0.0.1', 'http://127.255.0.9'], ['http://128.0.0.1', 'http://127.0.0.1.example.org']],
  ['10.1.0.0/16', ['http://10.1.255.255'], ['http://10.2.0.0']],
  ['10.1.0.0/16:8080', ['http://10.1.2.3:8080'], ['http://10.1.2.3']],
  ['::1', ['http://[::1]', 'http://[0:0:0:0:0:0:0:1]:9'], ['http://[::2]']],
  ['[::1]', ['http://[::1]:8080'], []],
  ['[::1]:8080', ['http://[::1]:8080'], ['http://[::1]']],
  ['fd00::/8', ['http://[fd12:3456::1]'], ['http://[fe80::1]']],
  ['[fd00::/8]', ['http://[fd12:3456::1]'], ['http://[2001:db8::1]']],
  ['a.example b.example', ['http://a.example', 'http://b.example'], ['http://c.example']],
  ['a.example,b.example\tc.example', ['http://c.example'], ['http://d.example']],
  ['.', [], ['http://example.org']],
  ['example.*', [], ['http://example.org']],
]

suite('NO_PROXY', () => {
  for (const [list, past, through] of table) {
    test(`${JSON.stringify(list)} lets ${past.join(', ') || 'nothing'} pass`, () => {
      const bypass = readNoProxy(list)
      for (const url of past) assert.equal(bypass(new URL(url)), true, `${url} goes past the proxy`)
      for (const url of through) assert.equal(bypass(new URL(url)), false, `${url} goes through the proxy`)
    })
  }
})
