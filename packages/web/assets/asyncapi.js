// The page of the WebSocket endpoints: it shows an AsyncAPI 3.0 document, and talks to what it describes.
// It makes elements and sets texts only; nothing that a server says is ever read as markup.

const documentUrl = document.body.dataset.document
const main = document.querySelector('main')

/** An element with properties and children; `data-` names become attributes. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-')) element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/** What a reference within the document leads to; anything else is itself. */
function follow(value, root) {
  if (typeof value?.$ref !== 'string' || !value.$ref.startsWith('#/')) return value
  const steps = value.$ref.slice(2).split('/')
  return steps.reduce((part, step) => part?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], root)
}

const plain = { string: 'text', integer: 0, number: 0, boolean: false }

/** What a schema itself offers as a value. */
function offered({ const: only, default: usual, examples, enum: words }) {
  return [only, usual, examples?.[0], words?.[0]].find((value) => value !== undefined)
}

/** A value that looks like what a schema wants, to begin from. */
function sample(given, root, depth = 0) {
  const schema = follow(given, root) ?? {}
  const [value, choice] = [offered(schema), (schema.oneOf ?? schema.anyOf)?.[0]]
  if (value !== undefined || depth > 5) return value ?? null
  if (choice !== undefined) return sample(choice, root, depth + 1)
  const type = [schema.type].flat()[0]
  if (type === 'array') return schema.items === undefined ? [] : [sample(schema.items, root, depth + 1)]
  if (type !== 'object' && schema.properties === undefined) return plain[type] ?? null
  const fields = Object.entries(schema.properties ?? {})
  return Object.fromEntries(fields.map(([name, field]) => [name, sample(field, root, depth + 1)]))
}

/** The text of a message to begin from. */
function sampleText(message, root) {
  if (message.contentType !== undefined) return 'hello'
  return JSON.stringify(sample(message.payload, root), null, 2)
}

/** Parts of a URL that a field may be for, besides what is said in its name. */
const places = new Set(['path', 'query'])

/** A field for a part of the URL. */
function field(name, kind, hint) {
  const input = make('input', { name, autocomplete: 'off', spellcheck: false, placeholder: hint ?? '' })
  input.dataset.kind = kind
  return make('label', {}, `${name} `, places.has(kind) ? make('small', {}, kind) : undefined, input)
}

/** The URL of a channel with what the fields hold. */
function urlOf(channel, fields) {
  const values = (kind) => [...fields.querySelectorAll(`[data-kind=${kind}]`)].map(({ name, value }) => [name, value])
  let path = channel.address
  for (const [name, value] of values('path')) path = path.replace(`{${name}}`, encodeURIComponent(value))
  const url = new URL(path, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  for (const [name, value] of values('query')) if (value !== '') url.searchParams.append(name, value)
  const extra = fields.querySelector('[data-kind=more]').value.trim().replace(/^[?&]/, '')
  for (const [name, value] of new URLSearchParams(extra)) url.searchParams.append(name, value)
  return url.href
}

/** The names of the query that security schemes ask for, which no schema of the endpoint has to name. */
function secretsOf(operations, root) {
  const schemes = operations.flatMap(({ security = [] }) => security.map((scheme) => follow(scheme, root)))
  return schemes.filter((scheme) => scheme?.in === 'query').map(({ name }) => name)
}

function fieldsOf(channel, operations, root) {
  const query = Object.entries(channel.bindings?.ws?.query?.properties ?? {})
  const known = new Set(query.map(([name]) => name))
  const secrets = [...new Set(secretsOf(operations, root))].filter((name) => !known.has(name))
  return make(
    'fieldset',
    {},
    make('legend', {}, 'Connection'),
    ...Object.keys(channel.parameters ?? {}).map((name) => field(name, 'path')),
    ...query.map(([name, schema]) => field(name, 'query', follow(schema, root)?.description)),
    ...secrets.map((name) => field(name, 'query')),
    field('more of the query', 'more', 'name=value&…'),
    field('subprotocols', 'protocols', 'separated by commas'),
  )
}

/** The messages of one direction, each with its schema. */
function listMessages(title, operation, root) {
  const messages = (operation?.messages ?? []).map((message) => follow(message, root))
  const items = messages.map((message) =>
    make(
      'details',
      {},
      make('summary', {}, make('code', {}, message.name), ` ${message.summary ?? message.description ?? ''}`),
      make('pre', {}, JSON.stringify(follow(message.payload, root), null, 2)),
    ),
  )
  return make('section', {}, make('h3', {}, title), ...items)
}

/** The part of a channel with which somebody can talk to it. */
function talk(channel, operations, root) {
  const fields = fieldsOf(channel, operations, root)
  const state = make('output', { className: 'state' }, 'not connected')
  const log = make('ol', { className: 'log', 'aria-live': 'polite' })
  const connect = make('button', { type: 'button', className: 'connect' }, 'Connect')
  const close = make('button', { type: 'button', className: 'close', disabled: true }, 'Close')
  const send = make('button', { type: 'submit', className: 'send', disabled: true }, 'Send')
  const text = make('textarea', { name: 'message', rows: 6, spellcheck: false })
  const incoming = operations.find(({ action }) => action === 'receive')
  const messages = (incoming?.messages ?? []).map((message) => follow(message, root))
  const choice = make('select', { name: 'kind' }, ...messages.map(({ name }) => make('option', {}, name)))
  let socket

  const note = (kind, words) => {
    const time = new Date().toLocaleTimeString()
    log.append(make('li', { className: kind }, make('time', {}, time), make('span', {}, words)))
    while (log.childElementCount > 500) log.firstElementChild.remove()
    log.lastElementChild.scrollIntoView({ block: 'nearest' })
  }
  const show = (words, open) => {
    state.textContent = words
    send.disabled = !open
    close.disabled = socket === undefined
    connect.disabled = socket !== undefined
  }
  const choose = () => {
    const message = messages[choice.selectedIndex]
    if (message !== undefined) text.value = sampleText(message, root)
  }

  const open = () => {
    const protocols = fields.querySelector('[data-kind=protocols]').value
    const names = protocols.split(',').flatMap((name) => name.trim() || [])
    const url = urlOf(channel, fields)
    try {
      socket = new WebSocket(url, names)
    } catch (error) {
      note('problem', error.message)
      return
    }
    const own = socket
    own.binaryType = 'arraybuffer'
    show(`connecting to ${url}`, false)
    own.addEventListener('open', () => show(`connected${own.protocol && `, ${own.protocol}`}`, true))
    own.addEventListener('message', ({ data }) => {
      note('in', typeof data === 'string' ? data : `${data.byteLength} bytes: ${hex(data)}`)
    })
    own.addEventListener('close', ({ code, reason }) => {
      note('end', `closed with ${code}${reason && `: ${reason}`}`)
      socket = undefined
      show('not connected', false)
    })
  }

  connect.addEventListener('click', open)
  close.addEventListener('click', () => socket?.close(1000))
  choice.addEventListener('change', choose)
  choose()
  const form = make('form', {}, messages.length > 1 ? make('label', {}, 'kind ', choice) : undefined, text, send)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    socket?.send(text.value)
    note('out', text.value)
  })
  return make('section', { className: 'talk' }, fields, make('p', {}, connect, close, state), form, log)
}

function hex(buffer) {
  const bytes = [...new Uint8Array(buffer, 0, Math.min(buffer.byteLength, 32))]
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ') + (buffer.byteLength > 32 ? ' …' : '')
}

function showChannel([id, channel], root) {
  const ours = ({ channel: target }) => target.$ref === `#/channels/${id}`
  const operations = Object.values(root.operations ?? {}).filter(ours)
  const operation = (action) => operations.find((each) => each.action === action)
  const tags = (channel.tags ?? []).map(({ name }) => make('span', { className: 'tag' }, name))
  return make(
    'article',
    { id: `channel-${id}` },
    make('h2', {}, make('code', {}, channel.address), ...tags),
    channel.summary && make('p', {}, channel.summary),
    channel.description && make('p', { className: 'description' }, channel.description),
    listMessages('You send', operation('receive'), root),
    listMessages('You receive', operation('send'), root),
    talk(channel, operations, root),
  )
}

function showDocument(root) {
  const { title, version, description } = root.info
  const channels = Object.entries(root.channels ?? {})
  main.replaceChildren(
    make('h1', {}, title, ' ', make('small', {}, version)),
    make('p', {}, description ?? '', ' ', make('a', { href: documentUrl }, 'AsyncAPI document')),
    ...channels.map((channel) => showChannel(channel, root)),
  )
  if (channels.length === 0) main.append(make('p', {}, 'This app has no WebSocket endpoints.'))
}

try {
  const response = await fetch(documentUrl)
  if (!response.ok) throw new Error(`the document was answered with ${response.status}`)
  showDocument(await response.json())
} catch (error) {
  main.replaceChildren(make('p', { id: 'state' }, `The document cannot be shown: ${error.message}`))
}
