import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type CodeBlock, codeBlocks } from '../scripts/docs/code-blocks.ts'
import { renderSite } from '../scripts/docs/site.ts'
import { openPost, type Post } from './files/post.ts'
import { PYTHON_PEERS_MISSING, pythonPeersAvailable } from './interop/python-peer.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const documentedUrl = 'ws://127.0.0.1:9898'
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const translated = [
  ['README.md', 'README.zh-CN.md'],
  ['docs/getting-started.md', 'docs/zh/getting-started.md'],
] as const

/** The library wants a bucket to be named even by programs that send text only; proxies are not for loopback. */
const pythonEnvironment = {
  PYTHONUTF8: '1',
  OSS_ENDPOINT: 'http://127.0.0.1:9',
  OSS_BUCKET_NAME: 'none',
  NO_PROXY: '*',
}

/** Every option, method and default name of the documents of the originals that a program can write. */
const originals: Readonly<Record<string, string>> = {
  'socket-client.md': `socket_url http_url callback_url log_level LogLevel max_concurrent reconnection reconnection_attempts
    reconnection_delay reconnection_delay_max register_callback connect_to_server call_api callback_type callback_func request_id
    handle_callback disconnect ConnectionError ValueError Exception registerHandler registerBatch getRouter pingInterval
    pingTimeout corsOrigin logLevel`,
  'fastapi.md': `FastAPI APIRouter prefix tags include_router Depends lifespan debug docs_url redoc_url openapi_url uvicorn
    --reload --host --port post put patch delete options head trace accept receive_text receive_bytes receive_json send_text
    send_bytes send_json iter_json close query_params set_request_id get_handler run HTTPException`,
  'cross-comm.md': `CrossCommService role ip port client_id heartbeat_interval heartbeat_timeout start_server stop login logout
    send_message content msg_type to_client_id message_listener from_client_id download_directory download_file_manually oss_key
    save_directory list_clients only_show_online timeout total_count status last_heartbeat login_time get_online_clients msg_id
    timestamp to_dict from_dict TEXT JSON DICT BYTES IMAGE FILE FOLDER HEARTBEAT LOGIN LOGOUT LIST_CLIENTS
    LIST_CLIENTS_RESPONSE LOGIN_RESPONSE OSS_ENDPOINT OSS_BUCKET_NAME OSS_ACCESS_KEY_ID OSS_ACCESS_KEY_SECRET
    cross_comm_clients.yaml`,
  'httpclient.md': `create_http_client base_url max_retries timeout_seconds max_connections enable_logging enable_metrics
    log_level rate_limit AsyncHttpClient headers timeout_config pool_config retry_config rate_limiter interceptors verify_ssl
    follow_redirects backoff_factor retry_on_status retry_on_exceptions connect read write pool max_keepalive_connections
    keepalive_expiry max_requests time_window before_request after_response on_error LoggingInterceptor MetricsInterceptor
    add_interceptor remove_interceptor get_metrics response_time start_session close_session json_data data files params
    get_global_client close_global_client raise_for_status HTTPStatusError RequestError remove add sink format level rotation
    retention compression encoding serialize success exception critical`,
  'fastkit.md': `requests aiorequests client aioclient Client AsyncClient stop_max_attempt_number stop_max_delay
    wait_exponential_multiplier wait_exponential_max retry_by_result retry_by_except timeout headers verify follow_redirects
    report_log logger max_body_log_length max_params_log_length max_headers_log_length status_code text json x-request-id`,
}

/** Those that say behind their own lines what is printed. */
const examples = ['00-hello', '06-telemetry', '07-offline-inbox', '08-metrics', '46-http-policies'].map(
  (name) => `examples/${name}.ts`,
)

/** Runs the programs that it is given one after the other, each under a line with its name, and tells which have failed. */
const runner = `
for (const file of process.argv.slice(1)) {
  console.log('## ' + file)
  await import(file).catch((error) => console.log('## failed', error))
}
process.exit()`

interface Run {
  readonly status: unknown
  readonly output: string
  readonly errors: string
}

describe('the code in the README, the guides and the first examples', () => {
  // What is above a block's own code shows that it is a part of something; the compiler looks at those.
  const blocks = [
    ...codeBlocks(['README.md', 'docs/**/*.md']).filter(({ given }) => given === undefined),
    ...examples.map((page) => ({ page, line: 1, code: readFileSync(join(root, page), 'utf8'), given: undefined })),
  ]
  const outputs = new Map<string, string>()
  const heard: string[] = []
  let post: Post
  let folder = ''
  let errors = ''

  before(async () => {
    post = await openPost()
    post.hub.on('*', (message) => heard.push(`${message.from}: ${message.body}`))
    // Within the repository, where the packages are found.
    folder = await mkdtemp(join(root, 'docs/.run-'))
    const files = await Promise.all(blocks.map((block) => written(block, post, folder)))
    const args = ['--conditions=@posthouse/source', '--input-type=module', '-e', runner, ...files]
    const run = await runProgram(process.execPath, args, '')
    errors = run.errors
    for (const part of run.output.split(/^## (?=\/)/m).slice(1)) {
      const end = part.indexOf('\n')
      outputs.set(part.slice(0, end), part.slice(end + 1))
    }
  })
  after(async () => {
    await rm(folder, { recursive: true, force: true })
    await post[Symbol.asyncDispose]()
  })

  test('is there', () => assert.ok(blocks.length > 20))
  for (const block of blocks) {
    test(`runs and says what it says that it says: ${nameOf(block)}`, () => {
      const output = outputs.get(join(folder, nameOf(block)))
      assert.ok(output !== undefined, `it was not reached: ${errors}`)
      assert.doesNotMatch(output, /^## failed/m)
      for (const words of expectedWords(block)) assert.match(output, words, errors)
    })
  }

  const python = pythonPeersAvailable()
  const skip = python === undefined ? PYTHON_PEERS_MISSING : false
  test('in Python reaches everyone', { skip }, async () => {
    const [, block = ''] = readme.match(/^```python\n(.*?)^```$/ms) ?? []
    heard.length = 0
    const program = block.replace('port=9898', `port=${new URL(post.url).port}`)
    const env = { ...process.env, ...pythonEnvironment }
    const run = await runProgram(python ?? 'python3', ['-'], program, env)
    assert.equal(run.status, 0, run.errors)
    assert.match(heard.join('\n'), /^carol: hello$/)
  })
})

for (const [english, chinese] of translated) {
  describe(`the Chinese page ${chinese}`, () => {
    const [original, translation] = [english, chinese].map((page) => readFileSync(join(root, page), 'utf8'))
    const same = (part: (page: string) => string[]): void => {
      assert.deepEqual(part(translation ?? ''), part(original ?? ''))
    }

    test('has the headings of the English one', () => same(levels))
    test('has its code, but for words and comments', () => same(shapes))
    test('names the same tests', () => same(testsIn))
  })
}

describe('the pages of migration', () => {
  for (const [page, names] of Object.entries(originals)) {
    test(`${page} has every name of its original`, () => {
      const text = readFileSync(join(root, 'docs/migration', page), 'utf8')
      for (const name of names.split(/\s+/)) assert.ok(new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text), name)
    })
  }
})

describe('the pages', () => {
  const { files, broken } = renderSite()

  test('link to nothing that is not there', () => assert.deepEqual(broken, []))

  test('ask for nothing from elsewhere', () => {
    for (const [path, content] of files) {
      if (!path.endsWith('.html')) continue
      for (const [tag] of String(content).matchAll(/<(?:link|script|img)\b[^>]*>/g))
        assert.doesNotMatch(tag, /="https?:/)
    }
  })

  test('show no picture as the code that it is drawn from', () => {
    assert.ok(files.has('docs/pictures/rooms.svg'))
    for (const [path, content] of files) {
      if (path.endsWith('.html'))
        assert.doesNotMatch(String(content), /<pre><code>(flowchart|graph|\w+Diagram)\b/, path)
    }
  })

  test('are all in the list of guides, and the examples in theirs', () => {
    const guides = readFileSync(join(root, 'docs/README.md'), 'utf8')
    for (const name of ['', 'guides/'].flatMap((at) => readdirSync(join(root, 'docs', at)).map((name) => at + name))) {
      if (name.endsWith('.md') && name !== 'README.md') assert.ok(guides.includes(`(${name})`), name)
    }
    const examples = readFileSync(join(root, 'examples/README.md'), 'utf8')
    for (const name of readdirSync(join(root, 'examples'))) {
      assert.ok(name === 'README.md' || examples.includes(`(${name}`), name)
    }
  })
})

function nameOf({ page, line }: CodeBlock): string {
  return `${page.replaceAll('/', '-')}.${line}.ts`
}

/** The block as a file that talks to the hub of the test, and downloads into its folder. */
async function written(block: CodeBlock, post: Post, folder: string): Promise<string> {
  const code = block.code.replaceAll(documentedUrl, post.url).replaceAll('./downloads', join(post.folder, 'downloads'))
  const hub = code.replaceAll('new HubClient({ clientId', `new HubClient({ url: '${post.url}', clientId`)
  const file = join(folder, nameOf(block))
  await writeFile(file, hub)
  return file
}

/** What a block must print: what stands behind its own words, and where those are no output, what it does. */
function expectedWords({ page, code }: CodeBlock): RegExp[] {
  if (page !== 'README.md')
    return Array.from(code.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm), ([, line = '']) => exact(line))
  if (code.includes('new Hub()')) return [/ws:\/\/127\.0\.0\.1:\d+ \[\]/]
  if (code.includes('createCallClient')) return [/^\{ id: 7, name: '.+' \}\n\{ id: 8, name: '.+' \}\n1\n2\n3$/m]
  if (code.includes('createApp(')) return [/^200 \{ id: 7, name: 'lamp' \}\n422$/m]
  return [/alice .*hello/, /online: true/]
}

function exact(line: string): RegExp {
  return new RegExp(`^${line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'm')
}

function levels(page: string): string[] {
  return page.replaceAll(/^```.*?^```$/gms, '').match(/^#+ /gm) ?? []
}

/** Each block of code without what may be in another language: what is quoted, and comments. */
function shapes(page: string): string[] {
  return Array.from(page.matchAll(/^```(.*?)^```$/gms), ([, code = '']) =>
    code.replaceAll(/'[^'\n]*'|"[^"\n]*"|`[^`\n]*`/g, "''").replaceAll(/ *(\/\/|#).*$/gm, ''),
  )
}

function testsIn(page: string): string[] {
  return page.match(/[\w/-]+\.test\.ts/g) ?? []
}

async function runProgram(command: string, args: readonly string[], input: string, env = process.env): Promise<Run> {
  const child = spawn(command, args, { cwd: root, env })
  child.stdin.end(input)
  const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status, output, errors }
}
