import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
const entry = 'packages/client/src/index.ts'
const settings: BuildOptions = {
  absWorkingDir: root,
  entryPoints: { client: entry },
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2024',
  conditions: ['@posthouse/source'],
  outdir: 'bundle',
  logLevel: 'error',
}

/**
 * The client as a page loads it: the content of each file by its name. The entries are `client.js`, `calls.js` and
 * `indexeddb.js`.
 */
export async function bundleClient(): Promise<ReadonlyMap<string, Uint8Array>> {
  const entryPoints = {
    client: entry,
    calls: 'packages/client/src/calls.ts',
    indexeddb: 'packages/client/src/indexeddb.ts',
  }
  const { outputFiles } = await build({ ...settings, entryPoints, splitting: true, write: false })
  return new Map(outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf('/') + 1), contents]))
}

/** What every page loads, in one file: the entry without the parts that wait for a dynamic import. */
export async function bundleCore(): Promise<{ readonly code: string; readonly sources: Metafile['outputs'][string] }> {
  const { outputFiles, metafile } = await build({ ...settings, plugins: [lazyOutside], write: false, metafile: true })
  const [file] = outputFiles
  const [sources] = Object.values(metafile.outputs)
  if (file === undefined || sources === undefined) throw new Error('esbuild made nothing of the client')
  return { code: file.text, sources }
}

/** Leaves out what is loaded later. esbuild's own splitting cuts the entry, too, which costs compression. */
const lazyOutside: Plugin = {
  name: 'lazy-outside',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined))
  },
}
