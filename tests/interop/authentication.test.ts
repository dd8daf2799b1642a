import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { createToken, Hub, hashToken } from '@posthouse/hub'
import { PYTHON_PEERS_MISSING, PythonPeer, pythonPeersAvailable } from './python-peer.ts'

const skip = pythonPeersAvailable() === undefined && PYTHON_PEERS_MISSING
const { token, hash } = createToken()

suite('unmodified Python programs and a hub with authentication', { skip }, () => {
  test('work together where a rule lets them in, and are turned away with a reason where none does', async () => {
    await using hub = new Hub({
      authenticate: (attempt) => {
        assert.equal(hashToken(attempt.token ?? ''), hash)
        return { name: 'carol' }
      },
      legacyAllow: [{ clients: ['camera *'], networks: ['127.0.0.0/8'] }],
    })
    const { port, url } = await hub.listen({ port: 0 })
    await using carol = new HubClient({ url, clientId: 'carol', token })
    await carol.connect()
    await using camera = await PythonPeer.start()
    assert.ok(await camera.login({ port, id: 'camera 1' }))
    await camera.next((message) => message.msg_type === 'login_response')
    const messages = carol.messages('text')
    assert.ok(await camera.send({ to: 'carol', type: 'text', content: 'somebody is at the door' }))
    const { value } = await messages[Symbol.asyncIterator]().next()
    assert.equal(value?.from, 'camera 1')
    await carol.send('camera 1', 'open')
    assert.equal((await camera.next()).content, 'open')

    await using stranger = await PythonPeer.start()
    await stranger.login({ port, id: 'stranger' })
    const reason = 'no rule of this hub lets cross_comm programs in as stranger from 127.0.0.1'
    assert.deepEqual(await stranger.closed(), { code: 4403, reason })
    assert.deepEqual(hub.onlineClients().toSorted(), ['camera 1', 'carol'])
  })
})
