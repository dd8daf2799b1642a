import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { app as echo } from '../examples/60-web-socket-echo.ts'
import { app as guarded } from '../examples/61-web-socket-authentication.ts'
import { app as byKinds, greet } from '../examples/62-message-router.ts'

suite('the examples of WebSocket endpoints', () => {
  test('echo until bye, and end in good order', async () => {
    const client = await echo.connect('/ws')
    await client.sendText('你好')
    assert.equal(await client.receiveText(), '接受到的消息是: 你好')
    await client.sendText('bye')
    assert.equal(await client.receiveText(), '接受到的消息是: bye')
    assert.equal(await client.receiveText(), '聊天关闭')
    assert.deepEqual(await client.closed, { code: 1000, reason: '' })
    await echo.close()
  })

  test('ask who it is, and say what is wrong in the order of checking', async () => {
    for (const [query, error] of [
      [{ service: 'other', token: 'alice-token' }, 'unsupported service'],
      [{ service: 'toString', token: 'x' }, 'unsupported service'],
      [{}, 'token not found'],
      [{ token: 'wrong' }, 'invalid token'],
    ] as const) {
      const message = `Authentication failed: ${error}`
      const client = await guarded.connect('/ws/chat', { query })
      assert.deepEqual(await client.receiveJson(), { status: 40001, message })
      assert.equal((await client.closed).code, 4401)
      await assert.rejects(guarded.connect('/ws/private', { query }), { status: 401, message })
      const page = await guarded.connect('/ws/page', { query })
      assert.deepEqual(await page.receiveJson(), { status: 40001, message })
      assert.equal((await page.closed).code, 4401)
    }
  })

  test('handle each message by an object that the factory makes', async () => {
    const query = { token: 'alice-token', service: 'core' }
    const client = await guarded.connect('/ws/chat', { query })
    await client.sendJson({ type: 'say', text: 'hi' })
    assert.partialDeepStrictEqual(await client.receiveJson(), { from: 'alice', text: 'hi' })
    await client.sendJson({ type: 'dance' })
    assert.deepEqual(await client.receiveJson(), { status: 40400, message: 'unknown type dance' })
    await client.sendText('no JSON')
    assert.partialDeepStrictEqual(await client.receiveJson(), { status: 40000 })
    await client.sendJson({ type: 'say', text: 'still here' })
    assert.partialDeepStrictEqual(await client.receiveJson(), { text: 'still here' })
    for (const path of ['/ws/private', '/ws/page']) {
      assert.deepEqual(await (await guarded.connect(path, { query })).receiveJson(), { hello: 'alice' })
    }
    await client.close()
    await guarded.close()
  })

  test('let programs take part by the types of the endpoint', async () => {
    const { port } = await byKinds.listen({ port: 0 })
    const bob = await byKinds.connect('/chat')
    await bob.sendJson({ type: 'say', text: 'too early' })
    assert.deepEqual(await bob.receiveJson(), { status: 40300, message: 'join first' })
    await bob.sendJson({ type: 'join', name: 'bob' })
    assert.deepEqual(await bob.receiveJson(), { joined: 'bob', others: [] })
    assert.deepEqual(await greet(`http://127.0.0.1:${port}`, 'alice'), [
      { joined: 'alice', others: ['bob'] },
      { from: 'alice', text: 'hello' },
    ])
    assert.deepEqual(await bob.receiveJson(), { from: 'alice', text: 'hello' })
    await bob.close()
    await byKinds.close()
  })
})
