import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { Cli } from './cli.ts'

test('posthouse groups makes, shows, changes and ends groups', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  const run = async (...args: string[]): Promise<string> => {
    const { status, out, err } = await Cli.run(['groups', ...args, '--url', url])
    assert.equal(status, 0, err)
    return out === '' ? err : out
  }
  assert.equal(await run(), 'there is no group')
  assert.equal(await run('add', 'team', 'bob'), 'bob is owner of team')
  assert.equal(await run('add', 'group:team', 'alice'), 'alice is member of team')
  assert.match(await run('add', 'team', 'carol', '--owner'), /carol is owner/)
  assert.equal(await run(), 'GROUP  MEMBERS\nteam         3')
  assert.match(
    await run('members', 'team'),
    /^CLIENT +ROLE +SINCE\nalice +member +\d{4}-.*\nbob +owner .*\ncarol +owner /,
  )
  const listed = JSON.parse(await run('members', 'team', '--json'))
  assert.deepEqual(
    listed.map(({ client }: { client: string }) => client),
    ['alice', 'bob', 'carol'],
  )
  assert.equal(await run('remove', 'team', 'alice'), 'removed alice from team')
  assert.equal(await run('remove', 'team', 'alice'), 'nothing to do: it was no member')
  assert.equal(await run('end', 'team'), 'ended team')
  assert.deepEqual(JSON.parse(await run('end', 'team', '--json')), { ended: false })
})

test('posthouse groups lists more than fit on a page', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  for (let index = 0; index < 450; index++) await hub.groups.add(`g${index}`, 'bob-'.concat(String(index % 9)), 'owner')
  const { out } = await Cli.run(['groups', '--json', '--url', url])
  assert.equal(JSON.parse(out).length, 450)
})

test('posthouse groups says what is wrong, before it connects, and what the hub refuses', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  for (const [args, status, words] of [
    [['members'], 2, /members needs a group: posthouse groups members <group>/],
    [['add', 'team'], 2, /add needs a client: posthouse groups add <group> <client>/],
    [['fly'], 2, /Allowed choices are list, members, add, remove, end/],
    [['end', 'team', '--owner'], 2, /--owner goes with add/],
    [['end', 'team', 'bob'], 2, /end takes no bob: posthouse groups end <group>/],
    [['list', 'team'], 2, /list takes no team: posthouse groups list/],
    [['members', 'nobody'], 4, /unknown_recipient/],
    [['add', 'team', 'all'], 2, /"all" is no client id/],
  ] as const) {
    const { status: ended, err } = await Cli.run(['groups', ...args, '--url', url])
    assert.equal(ended, status, err)
    assert.match(err, words)
  }
})
