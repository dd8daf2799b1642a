import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PosthouseError } from '@posthouse/client'
import type { HubFrame } from '@posthouse/protocol'
import { ScriptedHub, withCode } from './scripted-hub.ts'

const forbidden = { op: 'error', code: 'forbidden', number: 2002, message: 'no', retry: false } as const

function news(seq: number): HubFrame {
  const body = { format: 'value', value: `news ${seq}` } as const
  const stream = 'channel:a.*'
  return { op: 'deliver', stream, seq, id: `m${seq}`, from: 'bob', to: 'channel:a.b', type: 'text', ts: 1, body }
}

suite('a subscription at the client', () => {
  test('is asked for again where the connection was lost before the answer, and answers of nobody are ignored', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const heard: unknown[] = []
    const subscribed = client.subscribe('a.*', ({ channel, body }) => heard.push([channel, body]), { last: 3 })
    const { id, ...first } = await peer.next('subscribe')
    assert.deepEqual(first, { op: 'subscribe', to: 'channel:a.*', last: 3 })
    peer.cut()
    const next = await hub.connection()
    await next.welcome()
    const again = await next.next('subscribe')
    assert.equal(again.last, 3)
    assert.notEqual(again.id, id)
    const position = { epoch: 'e', seq: 4 }
    next.write({ op: 'subscribe', id, to: 'channel:a.*', position })
    next.write(
      { op: 'unsubscribe', id: 'nobody', to: 'channel:x' },
      { op: 'join', id, to: 'group:x', members: 1, role: 'owner' },
    )
    next.write({ op: 'subscribe', id: again.id, to: 'channel:a.*', position }, news(7))
    const subscription = await subscribed
    assert.deepEqual(await next.next('ack'), { op: 'ack', stream: 'channel:a.*', seq: 7 })
    assert.deepEqual(heard, [['a.b', 'news 7']])
    assert.deepEqual(subscription.position, { epoch: 'e', seq: 7 })
  })

  test('that the hub ends is told of, and hands over nothing more', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const errors: PosthouseError['code'][] = []
    client.watch('error', ({ code }) => errors.push(code))
    const subscribed = client.subscribe('a.*', () => assert.fail('it has ended'))
    const { id } = await peer.next('subscribe')
    peer.write({ op: 'subscribe', id, to: 'channel:a.*', position: { epoch: 'e', seq: 0 } })
    const subscription = await subscribed
    peer.write({ ...forbidden, about: { op: 'subscribe', to: 'channel:a.*' } })
    peer.write({ op: 'ping', id: 'now' })
    await peer.next('pong')
    assert.deepEqual(errors, ['forbidden'])
    await subscription.close()
    const refused = assert.rejects(
      client.subscribe('a.*', () => undefined),
      withCode('forbidden'),
    )
    peer.write({ ...forbidden, about: { op: 'subscribe', id: (await peer.next('subscribe')).id } })
    await refused
  })

  test('goes on with the next session from where it was', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const subscribed = client.subscribe('a.*', () => undefined)
    const { id } = await peer.next('subscribe')
    peer.write({ op: 'subscribe', id, to: 'channel:a.*', position: { epoch: 'e', seq: 0 } }, news(5))
    await subscribed
    await peer.next('ack')
    peer.close(4200)
    const next = await hub.connection()
    await next.welcome()
    const { id: second, ...question } = await next.next('subscribe')
    assert.deepEqual(question, { op: 'subscribe', to: 'channel:a.*', after: { epoch: 'e', seq: 5 } })
  })

  test('is begun anew only when the one before it has ended at the hub', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const position = { epoch: 'e', seq: 3 }
    const to = 'channel:a.*'
    const first = client.subscribe('a.*', () => assert.fail('it has ended'))
    peer.write({ op: 'subscribe', id: (await peer.next('subscribe')).id, to, position })
    void (await first).close()
    const heard: unknown[] = []
    const second = client.subscribe('a.*', ({ body }) => heard.push(body), { after: 'start' })
    await peer.next('unsubscribe')
    peer.write(news(5))
    peer.cut()
    const next = await hub.connection()
    await next.welcome({ positions: { inbox: { epoch: 'e', seq: 0 }, [to]: position } })
    const { id } = await next.next('unsubscribe')
    next.write(news(5), { op: 'ping', id: 'now' })
    assert.deepEqual(await next.message(), [
      { op: 'pong', id: 'now' },
      { op: 'ack', stream: to, seq: 5 },
    ])
    next.write({ op: 'unsubscribe', id, to })
    const question = await next.next('subscribe')
    assert.equal(question.after, 'start')
    next.write({ op: 'subscribe', id: question.id, to, position: { epoch: 'e', seq: 0 } }, news(2), news(5))
    await second
    assert.deepEqual(await next.next('ack'), { op: 'ack', stream: to, seq: 5 })
    assert.deepEqual(heard, ['news 2', 'news 5'])
  })
})
