import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { fieldOf, recorded, userFrames, type VectorRelay } from './cross-comm-vectors.ts'
import { type RunningHub, startHub } from './start-hub.ts'

const head = '{"msg_id": "m1", "from_client_id": "raw", "to_client_id": "bob", "msg_type": '
const tail = '"timestamp": 1795167060.5, "oss_key": null}'
const numbers = '[1.50, 1e400, -1e400, 1E5, 0.1e-7, -0, -0.0, 12345678901234567890123, 1e16, 123456789.123456789]'

/** What our hub passes on where that is not what the original server does: values keep their spelling, nobody forges. */
const ours: Readonly<Record<string, string | null>> = {
  unescaped_text: `${head}"text", "content": "你好 🚀", ${tail}`,
  escaped_slash: `${head}"text", "content": "a\\/b", ${tail}`,
  number_spellings: `${head}"dict", "content": ${numbers}, ${tail}`,
  scientific_timestamp: `${head}"text", "content": "x", "timestamp": 1.795167060574E9, "oss_key": null}`,
  binary_frame: `${head}"text", "content": "你好", ${tail}`,
  claimed_sender: `${head}"text", "content": "x", ${tail}`,
  extra_key: `${head}"text", "content": "x", ${tail}`,
  forged_login_response: null,
  forged_list_clients_response: null,
  to_all_in_the_name_of_bob: `${head.replace('"bob"', '"all"')}"text", "content": "x", ${tail}`,
}

suite('between cross_comm programs the hub relays like the original server', () => {
  let server: RunningHub
  let bob: CrossCommClient
  let raw: CrossCommClient
  before(async () => {
    server = await startHub()
    bob = await CrossCommClient.login(server.url, 'bob')
    raw = await CrossCommClient.login(server.url, 'raw')
  })
  after(() => server[Symbol.asyncDispose]())

  /** What bob got of a message, before the next one. */
  async function relayed({ sent, binary = false }: VectorRelay): Promise<string[]> {
    raw.send(binary ? Buffer.from(sent) : sent)
    await raw.routed()
    return bob.settled()
  }

  for (const relay of recorded.relays) {
    const expected = relay.name in ours ? (ours[relay.name] ?? null) : relay.relayed
    test(`${relay.name}: ${expected === null ? 'dropped, and the connection lives' : 'passed on'}`, async () => {
      assert.deepEqual(await relayed(relay), expected === null ? [] : [expected])
    })
  }

  test('every key but oss_key must be there', async () => {
    for (const key of ['msg_id', 'from_client_id', 'to_client_id', 'msg_type', 'content', 'timestamp']) {
      const sent = crossComm('text', 'raw', 'bob', { [key]: undefined })
      assert.deepEqual(await relayed({ name: key, sent, relayed: null }), [], key)
    }
    const sent = crossComm('text', 'raw', 'bob', { oss_key: undefined })
    const [frame = '{}'] = await relayed({ name: 'oss_key', sent, relayed: '' })
    assert.equal(JSON.parse(frame).oss_key, null)
  })

  test('what is no frame is dropped without an answer, and the reason logged', async () => {
    const nothing = ['', 'hello', '1', '"text"', 'null', '[]', '[1]', '{}', '{"msg_type":"text"}', '{"a":"b', '\u0000']
    for (const sent of nothing) {
      assert.deepEqual(await relayed({ name: sent, sent, relayed: null }), [], sent)
      assert.equal((await server.log.line('a cross_comm message was dropped')).level, 'warn')
    }
    for (const sent of [Buffer.from([0xff, 0xfe]), Buffer.alloc(0)]) {
      raw.send(sent)
      await raw.routed()
      assert.deepEqual(await bob.settled(), [])
    }
  })

  test('fields of strange types pass as they are; sender and recipient must be text', async () => {
    const strange = { msg_id: { a: [1] }, content: [null, true], timestamp: 'str', oss_key: 5 }
    const sent = crossComm('text', 'raw', 'bob', strange)
    assert.deepEqual(JSON.parse((await relayed({ name: '', sent, relayed: '' }))[0] ?? ''), JSON.parse(sent))
    for (const fields of [{ from_client_id: 1 }, { to_client_id: null }, { to_client_id: ['bob'] }, { msg_type: 1 }]) {
      assert.deepEqual(await relayed({ name: '', sent: crossComm('text', 'raw', 'bob', fields), relayed: null }), [])
    }
  })

  test('deep content passes up to what the programs can read', async () => {
    const nested = (depth: number) => `${head}"dict", "content": ${'['.repeat(depth)}${']'.repeat(depth)}, ${tail}`
    assert.deepEqual(await relayed({ name: '', sent: nested(500), relayed: '' }), [nested(500)])
    assert.deepEqual(await relayed({ name: '', sent: nested(513), relayed: null }), [])
    assert.deepEqual(await relayed({ name: '', sent: nested(100_000), relayed: null }), [])
  })
})

suite('every frame of the family reaches a cross_comm program with its values unchanged', () => {
  for (const { name, text } of userFrames()) {
    test(name, async () => {
      await using server = await startHub()
      const to = fieldOf(text, 'to_client_id')
      await using bob = await CrossCommClient.login(server.url, 'bob')
      await using sender = await CrossCommClient.login(server.url, fieldOf(text, 'from_client_id'))
      sender.send(text)
      await sender.routed()
      const [relayed = ''] = await bob.settled()
      assert.equal(relayed, spaced(text))
      assert.ok(to === 'all' || to === 'bob')
    })
  }
})

/** The same values, each as it was spelled, in the keys and spacing of the original server. */
function spaced(text: string): string {
  const keys = ['msg_id', 'from_client_id', 'to_client_id', 'msg_type', 'content', 'timestamp', 'oss_key']
  const value = '("(?:[^"\\\\]|\\\\.)*"|\\{.*?\\}(?=, ?"timestamp"|,"msg_id"|\\}$)|[^,}]+)'
  const raw = keys.map((key) => new RegExp(`"${key}": ?${value}`).exec(text)?.[1] ?? 'null')
  return `{${keys.map((key, index) => `"${key}": ${raw[index]}`).join(', ')}}`
}
