import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { renderPages } from '../bench/pages/render-pages.ts'
import { renderErrorGuide } from './generate-error-guide.ts'
import { type ErrorRow, renderErrorFiles } from './generate-errors.ts'
import { pathOutputs } from './generate-paths.ts'
import { roomOutput } from './generate-rooms.ts'
import { renderStatusFiles, type StatusSpec } from './generate-status.ts'

const root = new URL('../', import.meta.url)

/** What each generated file must contain, and what it is made from. */
function outputs(): readonly (readonly [path: string, source: string, text: string])[] {
  const { errors } = read<{ errors: ErrorRow[] }>('spec/errors.json')
  const { table, browserTable, callRows, help } = renderErrorFiles(errors)
  const status = renderStatusFiles(read<StatusSpec>('spec/status.json'))
  return [
    ['packages/core/src/error-table.ts', 'spec/errors.json', table],
    ['packages/core/src/error-table-browser.ts', 'spec/errors.json', browserTable],
    ['packages/client/src/caller/call-error-rows.ts', 'spec/errors.json', callRows],
    ['packages/core/src/help.ts', 'spec/errors.json', help],
    ['docs/errors.md', 'spec/errors.json', renderErrorGuide(errors)],
    ['packages/core/src/status/http-constants.ts', 'spec/status.json', status.httpConstants],
    ['packages/core/src/status/close-constants.ts', 'spec/status.json', status.closeConstants],
    ['packages/core/src/status/status-table.ts', 'spec/status.json', status.table],
    ['packages/hub/src/version.ts', 'packages/hub/package.json', renderVersion('hub')],
    ['packages/http/src/client/version.ts', 'packages/http/package.json', renderVersion('http')],
    ...pathOutputs(root),
    roomOutput(root),
    ...[...renderPages()].map(([path, text]) => [path, 'docs/performance/results', text] as const),
  ]
}

function renderVersion(name: string): string {
  const { version } = read<{ version: string }>(`packages/${name}/package.json`)
  const notice = '// Generated from package.json by `npm run generate`.\n\n'
  return `${notice}/** Of this package. */\nexport const ${name}Version = '${version}'\n`
}

function read<Content>(path: string): Content {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as Content
}

const check = process.argv.includes('--check')
for (const [path, source, text] of outputs()) {
  const file = new URL(path, root)
  if (!check) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${file.pathname} does not match ${source}: run npm run generate`)
    process.exitCode = 1
  }
}
