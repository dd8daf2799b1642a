import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Envelope, MemoryInboxStore } from '@posthouse/core'
import { Hub } from '@posthouse/hub'
import { Cli, type Ended } from './cli.ts'

interface Kept extends AsyncDisposable {
  readonly run: (...args: string[]) => Promise<Ended>
}

function letter(index: number): Envelope {
  const body = { format: 'json', bytes: new TextEncoder().encode(JSON.stringify(`letter ${index}`)) } as const
  return { id: `id-${index}`, from: 'alice', to: 'bob', type: 'text', body, qos: 1, ts: Date.now() }
}

/** A hub with so many messages for bob, who is away; those at the positions `dead` are dead letters. */
async function hubWith(messages: number, dead: readonly number[]): Promise<Kept> {
  const store = new MemoryInboxStore()
  const seqs: number[] = []
  for (let index = 0; index < messages; index++) {
    const { appends } = await store.commit({
      appends: [{ envelope: letter(index), recipients: ['bob'] }],
      acknowledgements: [],
    })
    for (const outcome of appends) if (outcome.state === 'stored') seqs.push(outcome.seq)
  }
  await store.commit({
    appends: [],
    acknowledgements: [],
    removals: dead.map((index) => ({
      inbox: 'bob',
      seq: seqs[index] ?? 0,
      to: { dead: 'attempts_exhausted', attempt: 16 },
    })),
  })
  const hub = new Hub({ store })
  const { url } = await hub.listen({ port: 0 })
  await hub.groups.add('known', 'bob')
  return { run: (...args) => Cli.run([...args, '--url', url]), [Symbol.asyncDispose]: () => hub.close() }
}

test('posthouse inbox shows what waits for a client, and leaves it there', async () => {
  await using hub = await hubWith(3, [])
  const { status, out, err } = await hub.run('inbox', 'bob')
  assert.equal(status, 0, err)
  assert.match(err, /^3 messages, \d+B, the oldest from \d{4}-/)
  assert.match(out, /^SEQ +FROM +TO +TYPE +SIZE +ATTEMPT +TAKEN +EXPIRES\n +1 +alice +bob +text +\d+B +1 +\d{4}-/)
  assert.equal(out.split('\n').length, 4)
  assert.match((await hub.run('inbox', 'bob', '--bodies', '--after', '2')).out, /\n +3 .* letter 2$/)
  const { entries, messages } = JSON.parse((await hub.run('inbox', 'bob', '--limit', '2', '--json')).out)
  assert.deepEqual([entries.length, messages], [2, 3])
  const unknown = await hub.run('inbox', 'nobody')
  assert.equal(unknown.status, 4)
  assert.match(unknown.err, /no client "nobody" has ever connected here \(unknown_recipient\)/)
  assert.equal((await hub.run('inbox', 'group:known')).status, 2)
})

test('posthouse dead-letters lists and shows them, sends them on and removes them', async () => {
  await using hub = await hubWith(5, [0, 1, 2, 3])
  const { status, out, err } = await hub.run('dead-letters')
  assert.equal(status, 0, err)
  assert.match(out, /^SEQ +FROM +TO +CLIENT +TYPE +SIZE +ATTEMPTS +REASON +SINCE\n/)
  assert.match(out, /alice +bob +bob +text +\d+B +16 +attempts_exhausted +\d{4}-/)
  const listed: readonly { readonly seq: number }[] = JSON.parse((await hub.run('dead-letters', '--json')).out)
  const [first = 0, second = 0] = listed.map(({ seq }) => seq)
  assert.equal(listed.length, 4)
  const shown = await hub.run('dead-letters', 'show', String(first))
  assert.match(shown.out, /^seq +\d+\nid +id-0\nfrom +alice\n.*\n\nletter 0$/s)
  assert.equal(JSON.parse((await hub.run('dead-letters', 'show', String(first), '--json')).out).body, 'letter 0')
  assert.equal((await hub.run('dead-letters', 'redrive', String(first))).out, '1 redriven')
  assert.equal((await hub.run('dead-letters', 'purge', String(second))).out, '1 purged')
  assert.equal((await hub.run('dead-letters', 'purge', '--all', '--client', 'carol')).out, '0 purged')
  assert.deepEqual(JSON.parse((await hub.run('dead-letters', 'redrive', '--all', '--json')).out), { redriven: 2 })
  assert.equal((await hub.run('dead-letters')).err, 'there are no dead letters')
  assert.match((await hub.run('inbox', 'bob')).err, /^4 messages/)
})

test('posthouse dead-letters fails where nothing lies at a position, names it, and does the rest', async () => {
  await using hub = await hubWith(4, [0, 1, 2, 3])
  const listed: readonly { readonly seq: number }[] = JSON.parse((await hub.run('dead-letters', '--json')).out)
  const [first = 0, second = 0, third = 0, fourth = 0] = listed.map(({ seq }) => seq)
  for (const [action, done, one, other] of [
    ['redrive', 'redriven', first, second],
    ['purge', 'purged', third, fourth],
  ] as const) {
    const missing = await hub.run('dead-letters', action, '99')
    assert.deepEqual(missing, {
      status: 1,
      out: `0 ${done}`,
      err: 'there is no dead letter at position 99: posthouse dead-letters lists them',
    })
    const some = await hub.run('dead-letters', action, '99', String(one), '98', '99')
    assert.deepEqual([some.status, some.out], [1, `1 ${done}`])
    assert.match(some.err, /position 99: .*\n.*position 98: [^\n]*$/)
    const told = await hub.run('dead-letters', action, '99', String(other), '--json')
    assert.deepEqual([told.status, JSON.parse(told.out)], [1, { [done]: 1, left: [99] }])
  }
  const shown = await hub.run('dead-letters', 'show', String(first), '--json')
  assert.deepEqual([shown.status, shown.out], [1, 'null'])
})

test('posthouse dead-letters says what is wrong with its words', async () => {
  await using hub = await hubWith(1, [])
  for (const [args, status, words] of [
    [['list', '3'], 2, /list takes no positions: posthouse dead-letters show <seq>/],
    [['show'], 2, /show takes one position/],
    [['show', 'three'], 2, /a position is a whole number from 1/],
    [['show', '77'], 1, /^there is no dead letter at position 77: posthouse dead-letters lists them$/],
    [['redrive'], 2, /name the positions to redrive, or all of them with --all/],
    [['purge', '--client', 'bob'], 2, /name the positions to purge, or all of them with --all/],
    [['purge', '3', '--all'], 2, /purge takes positions, or --all, not both/],
    [['purge', '--all', '--limit', '5'], 2, /--after and --limit go with list/],
    [['show', '3', '--client', 'bob'], 2, /show takes a position, and neither --all nor --client/],
    [['burn'], 2, /Allowed choices are list, show, redrive, purge/],
  ] as const) {
    const { status: ended, err } = await hub.run('dead-letters', ...args)
    assert.equal(ended, status, err)
    assert.match(err, words)
  }
})
