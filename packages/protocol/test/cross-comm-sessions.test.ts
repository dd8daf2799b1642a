import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isPosthouseError } from '@posthouse/core'
import {
  type CrossCommAction,
  CrossCommClientSession,
  CrossCommHubSession,
  decodeCrossComm,
} from '@posthouse/protocol/cross-comm'
import { allFrames, recordedFrame } from './cross-comm-vectors.ts'

const now = 1_795_173_236_757

function frame(type: string, from: string, fields: Readonly<Record<string, unknown>> = {}): string {
  const usual = { msg_id: 'm1', from_client_id: from, to_client_id: 'bob', msg_type: type, content: {}, timestamp: 1.5 }
  return JSON.stringify({ ...usual, ...fields })
}

/** What a session wants done, in short. */
function words(actions: readonly CrossCommAction[]): unknown[] {
  return actions.map((action) => {
    if (action.do === 'list') return [action.do, action.asker, action.onlyOnline]
    return 'error' in action ? [action.do, action.error.code] : [action.do, action.client]
  })
}

/** A session after these logins, and how it is asked. */
function session(...logins: readonly string[]) {
  const hub = new CrossCommHubSession()
  const take = (type: string, from: string, fields?: Readonly<Record<string, unknown>>): unknown[] =>
    words(hub.receive(decodeCrossComm(frame(type, from, fields))))
  for (const client of logins) take('login', client)
  return { hub, take }
}

suite("the hub's end of a cross_comm connection", () => {
  test('remembers a bounded number of the ids that were logged out', () => {
    const { take } = session('ann')
    for (let index = 0; index <= 100; index++) {
      take('login', `c${index}`)
      take('logout', `c${index}`)
    }
    assert.deepEqual(take('text', 'c1'), [['publishUnbound', 'c1']])
    // As one that was never logged in here: it speaks as the id that was logged in last.
    assert.deepEqual(take('text', 'c0'), [['publishUnbound', 'c100']])
    assert.deepEqual(take('text', 'ann'), [['publish', 'ann']])
  })

  test('takes the control frames of every program of the family', () => {
    for (const { text } of allFrames) {
      const read = decodeCrossComm(text)
      const { hub } = session(read.from)
      const [action] = hub.receive(read)
      const expected: Readonly<Record<string, string | undefined>> = {
        login: 'login',
        logout: 'logout',
        list_clients: 'list',
        heartbeat: undefined,
        login_response: 'drop',
        list_clients_response: 'drop',
      }
      assert.equal(
        action?.do,
        read.type in expected ? expected[read.type] : read.from === 'server' ? 'drop' : 'publish',
      )
    }
  })

  test('stamps the sender: one of its own ids, else the latest', () => {
    const { take } = session('a', 'b')
    assert.deepEqual(take('text', 'a'), [['publish', 'a']])
    assert.deepEqual(take('text', 'b'), [['publish', 'b']])
    assert.deepEqual(take('text', 'mallory'), [['publish', 'b']])
    assert.deepEqual(take('login', 'a'), [['login', 'a']])
    assert.deepEqual(take('text', 'mallory'), [['publish', 'a']])
  })

  test('marks what comes from a connection that is not, or no longer, logged in', () => {
    const { take } = session()
    assert.deepEqual(take('text', 'a'), [['publishUnbound', 'a']])
    assert.deepEqual(take('text', 'all'), [['drop', 'invalid_client_id']])
    assert.deepEqual(take('login', 'a'), [['login', 'a']])
    assert.deepEqual(take('text', 'a'), [['publish', 'a']])
    assert.deepEqual(take('logout', 'a'), [['logout', 'a']])
    assert.deepEqual(take('text', 'a'), [['publishUnbound', 'a']])
    assert.deepEqual(take('text', 'b'), [['publishUnbound', 'a']])
    assert.deepEqual(take('logout', 'a'), [['drop', 'unexpected_frame']])
  })

  test('forgets an id that another connection has taken', () => {
    const { hub, take } = session('a', 'b')
    hub.lose('b')
    assert.deepEqual([...hub.members], ['a'])
    assert.deepEqual(take('text', 'b'), [['publish', 'a']])
    hub.lose('a')
    assert.deepEqual(take('text', 'a'), [['publishUnbound', 'a']])
  })

  test('closes for a login that nobody may make', () => {
    const { take } = session()
    for (const id of ['', 'all', 'hub', 'server', 'a\tb', 'x'.repeat(129)]) {
      assert.deepEqual(take('login', id), [['close', 'invalid_client_id']])
    }
  })

  test('reads the wish of a list', () => {
    const { take } = session('a')
    const wishes: readonly (readonly [unknown, boolean])[] = [
      ['{"only_show_online": true}', true],
      [{ only_show_online: 1 }, true],
      [{ only_show_online: 0 }, false],
      ['[true]', false],
      ['x', false],
      [null, false],
    ]
    for (const [content, only] of wishes)
      assert.deepEqual(take('list_clients', 'a', { content }), [['list', 'a', only]])
    assert.deepEqual(session().take('list_clients', 'stranger'), [['list', 'stranger', false]])
    assert.deepEqual(take('logout', 'unknown'), [['logout', 'a']])
  })
})

suite("the client's end of a cross_comm connection", () => {
  const client = new CrossCommClientSession('alice')

  test('writes what the Python original writes', () => {
    const same = (written: string, name: string): void =>
      assert.equal(
        written.replace(/_[0-9a-f]{8}"/, '"').replace(/\d{13}/, '0'),
        recordedFrame(name)
          .replace(/_[0-9a-f]{8}"/, '"')
          .replace(/\d{13}/, '0')
          .replace(/"timestamp": [\d.]+/, '"timestamp": 1795173236.757'),
      )
    same(client.login(now), 'login')
    same(client.heartbeat(now), 'heartbeat_first')
    same(client.logout(now), 'logout')
    same(client.list(true, now), 'list_clients_online')
    same(client.list(false, now), 'list_clients_all')
    same(client.message({ to: 'bob', type: 'text', value: 'to bob alone' }, now).wire, 'text_direct')
    const bytes = Buffer.from('Binary data\u0000\u00ff', 'latin1')
    same(client.message({ to: 'bob', type: 'bytes', value: bytes }, now).wire, 'bytes')
  })

  test('addresses clients, everyone and the server, and nothing else', () => {
    const to = (address: string): unknown =>
      JSON.parse(client.message({ to: address, type: 'text', value: '' }, now).wire).to_client_id
    assert.deepEqual(['client:group:x', 'bob', 'all', 'hub', 'server'].map(to), [
      'group:x',
      'bob',
      'all',
      'server',
      'server',
    ])
    assert.throws(() => to('group:x'), { code: 'unsupported' })
    assert.throws(() => client.message({ to: 'bob', type: 'x-n', value: 1 }, now), { code: 'unrepresentable' })
    const huge = { to: 'bob', type: 'text', value: 'x'.repeat(1_048_576) } as const
    assert.throws(() => client.message(huge, now), { code: 'body_too_large' })
  })

  test('understands what the original server says, and believes answers from nobody else', () => {
    const take = (text: string) => client.receive(decodeCrossComm(text), now)
    assert.deepEqual(take(recordedFrame('login_response')), { event: 'loggedIn' })
    const listed = take(recordedFrame('list_clients_response_all'))
    assert.deepEqual(listed.event === 'listed' && listed.clients.map((each) => [each.client, each.online]), [
      ['alice', true],
      ['bob', true],
    ])
    for (const type of ['login_response', 'list_clients_response', 'login', 'logout', 'heartbeat', 'list_clients']) {
      assert.deepEqual(take(frame(type, 'mallory')), { event: 'nothing' })
    }
    const broken = take(frame('list_clients_response', 'server', { content: 'x' }))
    assert.equal(broken.event === 'nothing' && broken.error?.code, 'malformed_frame')
  })

  test('makes messages of every frame that v1 has words for', () => {
    for (const { name, text } of allFrames) {
      const read = decodeCrossComm(text)
      if (!['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder'].includes(read.type)) continue
      const event = client.receive(read, now)
      if (event.event === 'message') {
        const { id, from, to, ts } = event.message
        assert.deepEqual([id, from, to, ts], [read.id, read.from, read.to, Number(read.timestamp) * 1000], name)
      } else {
        assert.match(name, /dict_given|dict_not_finite|dict_plain_string|bytes_not_base64/)
        assert.ok(event.event === 'nothing' && isPosthouseError(event.error))
      }
    }
  })

  test('replaces what a message lacks', () => {
    const fields = { msg_id: 7, timestamp: null, content: 'x', to_client_id: 'server' }
    const event = client.receive(decodeCrossComm(frame('text', 'group:x', fields)), now)
    assert.deepEqual(event.event === 'message' && event.message, {
      id: `group:x_${now}`,
      from: 'client:group:x',
      to: 'hub',
      type: 'text',
      body: 'x',
      ts: now,
    })
  })
})
