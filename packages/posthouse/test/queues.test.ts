import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { Cli } from './cli.ts'

test('posthouse queues shows what waits in the work queues', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  const none = await Cli.run(['queues', '--url', url])
  assert.deepEqual([none.status, none.out, none.err], [0, '', 'there are no queues'])
  await using alice = new HubClient({ url, clientId: 'alice' })
  await alice.connect()
  for (const job of ['a', 'b', 'c']) await alice.send('queue:jobs', job)
  await alice.send('queue:other', 'd')
  const { out, err, status } = await Cli.run(['queues', '--url', url])
  assert.equal(status, 0, err)
  assert.match(
    out,
    /^QUEUE +WAITING +AT WORK +WORKERS +SIZE +OLDEST +BY PRIORITY\njobs +3 +0 +0 +\d+B +\d{4}-.*\nother +1 /,
  )
  const listed = JSON.parse((await Cli.run(['queues', '--json', '--url', url])).out)
  assert.deepEqual(
    listed.map(({ queue, messages, priorities }: Record<string, unknown>) => [queue, messages, priorities]),
    [
      ['jobs', 3, { 4: 3 }],
      ['other', 1, { 4: 1 }],
    ],
  )
})
