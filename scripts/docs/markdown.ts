import GithubSlugger from 'github-slugger'
import { Marked, type Token, type Tokens, type TokensList } from 'marked'
import { highlight } from './highlight.ts'
import { escapeHtml } from './html.ts'

export interface Heading {
  readonly depth: number
  readonly text: string
  readonly id: string
}

/** A heading, and what stands below it as plain words. */
interface Section extends Heading {
  readonly words: string
}

/** A link or picture, and the heading that it stands under. */
interface PageLink {
  readonly href: string
  readonly text: string
  readonly under: string
}

/** A page of Markdown that was read. */
export interface Document {
  readonly title: string
  readonly sections: readonly Section[]
  readonly links: readonly PageLink[]
  /** The page as HTML, with each link as `link` turns it. */
  render(link: (href: string) => string): string
}

/** Code of up to so many characters stays on one line: otherwise `--host` may end one after its hyphens. */
const unbroken = 16

/** Reads a page as GitHub does: the same dialect, and the same names of headings. */
export function readMarkdown(text: string): Document {
  const marked = new Marked()
  const tokens = marked.lexer(text)
  const slugger = new GithubSlugger()
  const sections: { -readonly [Key in keyof Section]: Section[Key] }[] = []
  const links: PageLink[] = []
  for (const token of tokens) {
    const section = sections.at(-1)
    if (isHeading(token)) {
      sections.push({ depth: token.depth, text: plain(token), id: slugger.slug(plain(token)), words: '' })
    } else if (section) section.words += ` ${withoutMarkup(token.raw)}`
    void marked.walkTokens([token], (inner) => {
      if (isLink(inner)) links.push({ href: inner.href, text: plain(inner), under: sections.at(-1)?.text ?? '' })
    })
  }
  const ids = sections.map(({ id }) => id)
  return { title: sections[0]?.text ?? '', sections, links, render: (link) => toHtml(tokens, ids, link) }
}

function toHtml(tokens: TokensList, ids: readonly string[], link: (href: string) => string): string {
  const headings = tokens.filter(isHeading)
  const marked = new Marked({
    renderer: {
      heading(token) {
        const id = ids[headings.indexOf(token)] ?? ''
        const anchor = `<a class="anchor" href="#${id}" aria-label="link to this">#</a>`
        return `<h${token.depth} id="${id}">${this.parser.parseInline(token.tokens)} ${anchor}</h${token.depth}>\n`
      },
      link(token) {
        return `<a href="${escapeHtml(link(token.href))}">${this.parser.parseInline(token.tokens)}</a>`
      },
      image: ({ href, text }) => `<img src="${escapeHtml(link(href))}" alt="${escapeHtml(text)}">`,
      code: ({ text, lang }) => `<pre><code>${highlight(text, lang ?? '')}</code></pre>\n`,
      codespan: ({ text }) => `<code${text.length > unbroken ? '' : ' class="word"'}>${escapeHtml(text)}</code>`,
      html: ({ text }) => text.replaceAll(/<!--.*?-->/gs, ''),
    },
  })
  return marked.parser(tokens).replaceAll(/<table>.*?<\/table>/gs, '<div class="wide">$&</div>')
}

function isHeading(token: Token): token is Tokens.Heading {
  return token.type === 'heading'
}

function isLink(token: Token): token is Tokens.Link | Tokens.Image {
  return token.type === 'link' || token.type === 'image'
}

/** The words of a token. */
function plain(token: Token): string {
  if ('tokens' in token && token.tokens?.length) return token.tokens.map(plain).join('')
  return token.type === 'html' || !('text' in token) ? '' : String(token.text)
}

function withoutMarkup(raw: string): string {
  return raw.replaceAll(/[`*|\\[]|\]\([^)]*\)|<!--.*?-->|^[-| ]+$/gms, ' ')
}
