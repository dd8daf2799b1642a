import { escapeHtml } from './html.ts'
import type { Heading } from './markdown.ts'

export interface PageParts {
  readonly title: string
  readonly language: 'en' | 'zh-CN'
  readonly body: string
  /** What is listed beside the page, or nothing. */
  readonly headings: readonly Heading[]
  readonly navigation: readonly NavigationGroup[]
  /** From this page to the root of the site, `../` or the like. */
  readonly root: string
  /** The same words in the other language, or where that begins. */
  readonly translation: { readonly label: string; readonly href: string }
}

export interface NavigationGroup {
  readonly title: string
  readonly entries: readonly { readonly label: string; readonly href: string; readonly current: boolean }[]
}

/** A page of the site. It asks for nothing but files of the site. */
export function renderPage({ title, language, body, headings, navigation, root, translation }: PageParts): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}${title === 'Posthouse' ? '' : ' · Posthouse'}</title>
<link rel="icon" href="${root}icon.svg">
<link rel="stylesheet" href="${root}style.css">
<script src="${root}search.js" defer></script>
</head>
<body data-root="${root}">
<a class="skip" href="#content">${language === 'en' ? 'To the content' : '跳到正文'}</a>
<header>
<a class="brand" href="${root}index.html">Posthouse</a>
<input id="search" type="search" placeholder="${language === 'en' ? 'Search' : '搜索'}" aria-label="Search">
<a href="${translation.href}">${translation.label}</a>
<ol id="found" hidden></ol>
</header>
<details class="menu" open><summary>${language === 'en' ? 'Pages' : '目录'}</summary><nav>${navigation.map(group).join('')}</nav></details>
<main id="content">${body}</main>
${headings.length < 2 ? '' : `<aside><nav><ul>${headings.map(entry).join('')}</ul></nav></aside>`}
</body>
</html>
`
}

function group({ title, entries }: NavigationGroup): string {
  const links = entries.map(({ label, href, current }) => {
    return `<li><a href="${href}"${current ? ' aria-current="page"' : ''}>${escapeHtml(label)}</a></li>`
  })
  return `<h2>${escapeHtml(title)}</h2><ul>${links.join('')}</ul>`
}

function entry({ depth, text, id }: Heading): string {
  return `<li class="depth-${depth}"><a href="#${id}">${escapeHtml(text)}</a></li>`
}
