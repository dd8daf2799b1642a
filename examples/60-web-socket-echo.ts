/**
 * A WebSocket endpoint that says back what it hears, until it hears `bye`: the echo socket of document 001. Where that
 * closes with the code 100, which no WebSocket may send, this ends in good order.
 *
 * Run it with `npx posthouse dev examples/60-web-socket-echo.ts`, and talk to it on http://127.0.0.1:8000/asyncapi.
 */
import { createApp } from '@posthouse/web'

export const app = createApp({ title: 'Echo' })

app.websocket('/ws', { summary: 'Says back what it hears' }, async (socket) => {
  await socket.accept()
  for (;;) {
    const data = await socket.receiveText()
    await socket.sendText(`接受到的消息是: ${data}`)
    if (data !== 'bye') continue
    await socket.sendText('聊天关闭')
    await socket.close(1000)
    return
  }
})

if (import.meta.main) await app.listen({ port: 8000 })
