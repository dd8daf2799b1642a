import { globSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly '@posthouse/source': string }>>
}

interface Source {
  readonly name: string
  readonly file: string
}

/** Each `tsconfig.json` with the `paths` that repeat the exports of all packages, for the linter. */
export function pathOutputs(root: URL): readonly (readonly [path: string, source: string, text: string])[] {
  const folders = globSync('packages/*/package.json', { cwd: fileURLToPath(root) })
    .map(dirname)
    .sort()
  const sources = folders.flatMap((folder) => sourcesOf(root, folder))
  const files = [
    ['tsconfig.json', './packages/'] as const,
    ...folders.map((at) => [`${at}/tsconfig.json`, '../'] as const),
  ]
  return files.map(([path, prefix]) => {
    const text = readFileSync(new URL(path, root), 'utf8')
    return [path, 'the exports in packages/*/package.json', withPaths(text, render(sources, prefix))]
  })
}

function sourcesOf(root: URL, folder: string): Source[] {
  const manifest: Manifest = JSON.parse(readFileSync(new URL(`${folder}/package.json`, root), 'utf8'))
  return Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            name: manifest.name + subpath.slice(1),
            file: `${basename(folder)}/${target['@posthouse/source'].slice(2)}`,
          },
        ],
  )
}

function render(sources: readonly Source[], prefix: string): string {
  return sources.map(({ name, file }) => `      "${name}": ["${prefix}${file}"]`).join(',\n')
}

function withPaths(text: string, paths: string): string {
  return text.replace(/"paths": \{[^}]*\}/, `"paths": {\n${paths}\n    }`)
}
