/**
 * Who may open a WebSocket, in both ways: the one of document 001, which lets everybody in and then says why it ends, and
 * the one that refuses before the upgrade. Behind it, a factory makes a handler for each message.
 *
 * Run it with `npx posthouse dev examples/61-web-socket-authentication.ts`. In production, which `NODE_ENV` tells, the
 * documents are off.
 */
import { randomUUID } from 'node:crypto'
import { createApp, createRouter, depends, problem, type SocketConnection } from '@posthouse/web'

interface User {
  readonly name: string
}

/** Knows the users of one service by their tokens. */
interface Authorizer {
  checkAuth(token: string): Promise<User | undefined>
}

const authorizers: ReadonlyMap<string, Authorizer> = new Map([
  ['core', { checkAuth: async (token) => (token === 'alice-token' ? { name: 'alice' } : undefined) }],
])

const authenticationFailed = 40_001

/** The user and no error, or no user and the error: nothing is decided here. */
const socketAuthentication = depends(async ({ request }): Promise<readonly [User | undefined, string | undefined]> => {
  const { token, service = 'core' } = request.query
  const authorizer = authorizers.get(String(service))
  if (authorizer === undefined) return [undefined, 'unsupported service']
  if (typeof token !== 'string') return [undefined, 'token not found']
  const user = await authorizer.checkAuth(token)
  return user === undefined ? [undefined, 'invalid token'] : [user, undefined]
})

/** The user. Whoever is none does not come in. */
const currentUser = depends({ dependencies: { authentication: socketAuthentication } }, ({ deps }): User => {
  const [user, error] = deps.authentication
  if (user === undefined) throw problem(401, `Authentication failed: ${error}`)
  return user
})

interface Job {
  readonly socket: SocketConnection
  readonly user: User
  readonly request: { readonly type?: string; readonly text?: string }
}

class SayHandler {
  readonly #job: Job

  constructor(job: Job) {
    this.#job = job
  }

  async run(): Promise<void> {
    const { socket, user, request } = this.#job
    await socket.sendJson({ id: randomUUID(), from: user.name, text: request.text ?? '' })
  }
}

class UnknownHandler {
  readonly #job: Job

  constructor(job: Job) {
    this.#job = job
  }

  async run(): Promise<void> {
    const { socket, request } = this.#job
    await socket.sendJson({ status: 40400, message: `unknown type ${request.type}` })
  }
}

/** Chooses who handles a message. */
const messageHandlerFactory = {
  handlers: new Map<string | undefined, typeof SayHandler>([['say', SayHandler]]),
  getHandler(job: Job): { run(): Promise<void> } {
    return new (this.handlers.get(job.request.type) ?? UnknownHandler)(job)
  },
}

const router = createRouter({ prefix: '/ws', tags: ['websocket'] })

// As in the document: accept, say what is wrong, close; with a code of its own instead of 1000, so that a program can tell.
router.websocket('/chat', { dependencies: { authentication: socketAuthentication } }, async (socket, { deps, log }) => {
  await socket.accept()
  const [user, error] = deps.authentication
  if (user === undefined) {
    log.warn('authentication failed', { error })
    await socket.sendJson({ status: authenticationFailed, message: `Authentication failed: ${error}` })
    await socket.close(4401, 'authentication failed')
    return
  }
  for (;;) {
    // Whatever is no JSON is answered with an error frame, and the loop goes on.
    const request = (await socket.receiveJson()) as Job['request']
    await messageHandlerFactory.getHandler({ socket, user, request }).run()
  }
})

// The same in one line: programs that are nobody get status 401 instead of a WebSocket.
router.websocket('/private', { dependencies: { user: currentUser } }, async (socket, { deps }) => {
  await socket.accept()
  await socket.sendJson({ hello: deps.user.name })
})

// And for browsers, which are not told the status of a refused WebSocket: the frame and the close code of above.
router.websocket('/page', { dependencies: { user: currentUser }, refuse: 'frame' }, async (socket, { deps }) => {
  await socket.accept()
  await socket.sendJson({ hello: deps.user.name })
})

export const app = createApp({ title: 'Chat with names' })
app.include(router)

if (import.meta.main) await app.listen({ port: 8000 })
