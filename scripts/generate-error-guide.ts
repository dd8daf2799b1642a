import type { ErrorRow } from './generate-errors.ts'

const intro = `<!-- Generated from spec/errors.json by \`npm run generate\`. Change the table there. -->

# Errors

Each failure has a name and a number; both are the same in every language and version. Programs switch on the name
(\`error.code\`), never on the text of a message. The table is also data: [spec/errors.json](../spec/errors.json).

* **retry**: whether trying again later can help without changing anything.
* **HTTP**: the status where the failure is told by HTTP.
* **close**: the WebSocket close code; \`-\` where the connection lives on.
* Those marked *host* never go over the wire of the hub to a browser: programs in Node, the command and HTTP meet them.
* Those marked *calls* are of the client of calls: a page that has only the client of the hub does not know them.
`

const ranges: Readonly<Record<number, string>> = {
  1: 'Frames and bodies',
  2: 'Who may come in',
  3: 'Addresses and recipients',
  4: 'Too much at once',
  5: 'Hub, client and data',
  6: 'Calls and callbacks',
  7: 'HTTP requests',
  8: 'Policies, statuses and WebSocket endpoints',
  9: 'Files',
}

/** What `docs/errors.md` must contain for the rows of `spec/errors.json`. */
export function renderErrorGuide(rows: readonly ErrorRow[]): string {
  const groups = Map.groupBy(rows, ({ code }) => Math.floor(code / 1000))
  const sections = [...groups].map(([thousand, members]) => section(thousand, members))
  return [intro, ...sections].join('\n')
}

function section(thousand: number, rows: readonly ErrorRow[]): string {
  const title = ranges[thousand]
  if (title === undefined) throw new Error(`errors from ${thousand}000 on have no heading: add one to ranges`)
  return `## ${title}

| number | name | meaning, and what to do | retry | HTTP | close |
|---|---|---|---|---|---|
${rows.map(line).join('\n')}
`
}

function line({ code, name, help, retry, http, close, scope }: ErrorRow): string {
  const where = scope === undefined ? '' : ` *${scope}*`
  const cells = [code, `\`${name}\`${where}`, escaped(help), retry ? 'yes' : 'no', http, close ?? '-']
  return `| ${cells.join(' | ')} |`
}

/** What Markdown would take for markup. */
function escaped(text: string): string {
  return text.replaceAll(/[|<>*]/g, '\\$&')
}
