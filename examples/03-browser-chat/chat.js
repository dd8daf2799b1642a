import { HubClient } from './client.js'
import { language, words } from './words.js'

const [state, login, chat, people, messages, compose] = ['state', 'login', 'chat', 'people', 'messages', 'compose'].map(
  (id) => document.getElementById(id),
)
/** More than these would slow the page down. */
const messagesKept = 500
/** Who is online, beside oneself. */
const present = new Set()
let client

document.documentElement.lang = language
for (const element of document.querySelectorAll('[data-text]'))
  element.textContent = words[element.dataset.text] ?? element.textContent
login.elements.url.value = new URLSearchParams(location.search).get('hub') ?? `ws://${location.hostname}:9898`
showState('idle')

login.addEventListener('submit', (event) => {
  event.preventDefault()
  const { id, url, token } = Object.fromEntries(new FormData(login))
  void enter({ clientId: id, url, ...(token && { token }) })
})

compose.addEventListener('submit', (event) => {
  event.preventDefault()
  const { to, body } = Object.fromEntries(new FormData(compose))
  compose.elements.body.value = ''
  void say(to, body)
})

async function enter(options) {
  try {
    client = new HubClient(options)
    client.on('*', (message) => show(message.from, shown(message)))
    client.watch('state', ({ state, error }) => showState(state, error))
    client.watch('presence', showPresence)
    await client.connect()
    login.hidden = true
    chat.hidden = false
    compose.elements.body.focus()
  } catch (error) {
    await client?.close()
    showState('closed', error)
  }
}

/** What is sent while the connection is lost waits and goes out when it is back. */
async function say(to, body) {
  const heading = `→ ${to === 'all' ? words.everyone : to}`
  const item = show(heading, body, 'mine')
  try {
    await client.send(to, body)
  } catch (error) {
    item.classList.add('failed')
    item.firstChild.textContent = `${heading} · ${words.failed}: ${error.message}`
  }
}

function shown({ type, body }) {
  if (type === 'text' || type === 'json') return body
  return body instanceof Uint8Array ? `bytes ${body.join(' ')}` : JSON.stringify(body, null, 2)
}

function show(heading, text, className = 'theirs') {
  const item = document.createElement('li')
  const small = document.createElement('small')
  small.textContent = heading
  // As text, never as HTML: anyone may have written it.
  item.append(small, text)
  item.className = className
  messages.append(item)
  if (messages.children.length > messagesKept) messages.firstChild.remove()
  messages.scrollTop = messages.scrollHeight
  return item
}

function showState(name, error) {
  state.textContent = error ? `${words[name]}: ${error.message}` : words[name]
  state.dataset.state = name
}

function showPresence({ full, clients }) {
  if (full) present.clear()
  for (const { client: id, online } of clients) {
    if (online && id !== client.clientId) present.add(id)
    else present.delete(id)
  }
  const names = [...present].sort()
  people.replaceChildren(...names.map((name) => Object.assign(document.createElement('li'), { textContent: name })))
  const { to } = compose.elements
  const chosen = to.value
  to.replaceChildren(new Option(words.everyone, 'all'), ...names.map((name) => new Option(name)))
  to.value = names.includes(chosen) ? chosen : 'all'
}
