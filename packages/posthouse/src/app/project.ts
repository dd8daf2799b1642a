import { ownVersion } from '../own-version.ts'

/** The files of a new project, by their paths. */
export function projectFiles(name: string): Readonly<Record<string, string>> {
  return {
    'package.json': `${JSON.stringify(manifest(name), null, 2)}\n`,
    'tsconfig.json': `${JSON.stringify(compiler, null, 2)}\n`,
    '.gitignore': 'node_modules\n',
    'README.md': readme(name),
    'src/app.ts': app(name),
    'test/app.test.ts': tests,
  }
}

function manifest(name: string): object {
  const own = `^${ownVersion()}`
  return {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    engines: { node: '>=24' },
    scripts: {
      dev: 'posthouse dev src/app.ts',
      start: 'posthouse serve src/app.ts --host 0.0.0.0',
      test: 'node --test "test/**/*.test.ts"',
      types: 'tsc',
    },
    dependencies: { '@posthouse/web': own, posthouse: own, zod: '^4.6.7' },
    devDependencies: { '@fastify/swagger-ui': '^6.1.3', '@types/node': '^24.0.0', typescript: '^5.9.0 || ^7.0.0' },
  }
}

const compiler = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['src', 'test'],
}

const readme = (name: string): string => `# ${name}

\`npm run dev\` serves the app on http://127.0.0.1:8000 and starts it anew with each change. Its documents are at /docs for
HTTP and at /asyncapi for WebSockets, where you can also talk to it. \`npm test\` runs the tests, without a port.
\`npm start\` serves it in production, where the documents are off.
`

const app = (name: string): string => `import { createApp, messageRouter, problem } from '@posthouse/web'
import { z } from 'zod'

export const app = createApp({ title: '${name}', version: '0.1.0' })

const item = z.object({ name: z.string().min(1), price: z.number().positive() })
const items = new Map<number, z.infer<typeof item>>([[1, { name: 'ink', price: 3.5 }]])

app.get('/', { summary: 'Says hello' }, () => ({ Hello: 'World' }))

app.get(
  '/items/{id}',
  { params: z.object({ id: z.number().int() }), response: item, tags: ['items'] },
  ({ params: { id } }) => {
    const found = items.get(id)
    if (found === undefined) throw problem(404, \`There is no item \${id}\`)
    return found
  },
)

app.post('/items', { body: item, response: z.object({ id: z.number() }), status: 201, tags: ['items'] }, ({ body }) => {
  const id = items.size + 1
  items.set(id, body)
  return { id }
})

const chat = messageRouter({
  state: () => ({ said: 0 }),
  kinds: (kind) => ({
    say: kind(
      { message: z.object({ text: z.string() }), reply: z.object({ n: z.number(), text: z.string() }) },
      ({ text }, { state }) => ({ n: ++state.said, text: text.toUpperCase() }),
    ),
  }),
})

app.websocket('/ws/chat', { messages: chat.messages, summary: 'Says it louder', tags: ['chat'] }, chat)
`

const tests = `import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { app } from '../src/app.ts'

after(() => app.close())

test('says hello', async () => {
  const { status, text } = await app.inject('/')
  assert.equal(status, 200)
  assert.equal(text, '{"Hello":"World"}')
})

test('keeps what it is given, and says where something does not fit', async () => {
  const made = await app.inject({ method: 'POST', url: '/items', body: { name: 'paper', price: 2 } })
  assert.equal(made.status, 201)
  const { id } = made.json<{ id: number }>()
  assert.deepEqual((await app.inject(\`/items/\${id}\`)).json(), { name: 'paper', price: 2 })
  assert.equal((await app.inject({ method: 'POST', url: '/items', body: { name: '' } })).status, 422)
  assert.equal((await app.inject('/items/99')).status, 404)
})

test('answers each message of the chat', async () => {
  await using client = await app.connect('/ws/chat')
  await client.sendJson({ type: 'say', text: 'hello' })
  assert.deepEqual(await client.receiveJson(), { n: 1, text: 'HELLO' })
  await client.sendJson({ type: 'sing' })
  assert.equal((await client.receiveJson<{ status: number }>()).status, 40400)
})
`
