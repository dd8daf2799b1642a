/** Search over an index that is a script, so that it works from a disk, too. It is loaded when somebody first searches. */
const box = document.querySelector('#search')
const found = document.querySelector('#found')
const { root } = document.body.dataset
const most = 12
const around = 60
let rows = []

// What the index calls when it is there.
globalThis.searchIndex = (index) => {
  rows = index.map(([path, title, words]) => ({ path, title, words, text: `${title} ${words}`.toLowerCase() }))
  show()
}

box.addEventListener('focus', load, { once: true })
box.addEventListener('input', show)
box.addEventListener('keydown', ({ key }) => {
  if (key === 'Enter') found.querySelector('a')?.click()
  if (key === 'Escape') found.hidden = true
})
document.addEventListener('click', ({ target }) => {
  if (!found.contains(target) && target !== box) found.hidden = true
})
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || document.activeElement === box) return
  event.preventDefault()
  box.focus()
})
// On a small screen the list of pages is shut until it is asked for.
if (matchMedia('(width < 52rem)').matches) document.querySelector('.menu').open = false

function load() {
  const script = document.createElement('script')
  script.src = `${root}search-index.js`
  document.head.append(script)
}

function show() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean)
  const hits = words.length === 0 ? [] : rows.filter(({ text }) => words.every((word) => text.includes(word)))
  hits.sort((a, b) => rank(b, words) - rank(a, words))
  found.replaceChildren(...hits.slice(0, most).map((hit) => entry(hit, words)))
  found.hidden = words.length === 0
}

function rank({ path, title }, words) {
  const inTitle = words.filter((word) => title.toLowerCase().includes(word)).length
  return inTitle * 2 + (path.startsWith('docs/') ? 1 : 0)
}

function entry({ path, title, words: text }, words) {
  const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - around)
  const link = document.createElement('a')
  const excerpt = document.createElement('small')
  link.href = root + path
  link.textContent = title
  excerpt.textContent = text.slice(at, at + around * 3)
  link.append(excerpt)
  const item = document.createElement('li')
  item.append(link)
  return item
}
