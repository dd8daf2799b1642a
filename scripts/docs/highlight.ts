import Prism from 'prismjs'
import loadLanguages from 'prismjs/components/index.js'
import { escapeHtml } from './html.ts'

loadLanguages(['bash', 'docker', 'http', 'ini', 'json', 'nginx', 'python', 'typescript', 'yaml'])

// Prism is older than the word.
Prism.languages.insertBefore('typescript', 'keyword', { using: { pattern: /\busing(?= \w)/, alias: 'keyword' } })

/** Names that our pages use and Prism does not know. */
const otherNames: Readonly<Record<string, string>> = { sh: 'bash', dockerfile: 'docker', mts: 'typescript' }

/** Code as HTML, in colours where its language is known. */
export function highlight(code: string, language: string): string {
  const name = otherNames[language] ?? language
  const grammar = Prism.languages[name]
  return grammar === undefined ? escapeHtml(code) : Prism.highlight(code, grammar, name)
}
