#!/usr/bin/env node
// Plain JavaScript, so that an old Node gets a sentence instead of a syntax error. In a clone it runs src/ unbuilt;
// the published package has no src/ and runs dist/.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const condition = '--conditions=@posthouse/source'
const source = new URL('../src/main.ts', import.meta.url)
const isClone = existsSync(source)

if (Number.parseInt(process.versions.node, 10) < 24) {
  const node = installedNode()
  if (node !== undefined) runWith(node, isClone ? [condition] : [])
  else {
    console.error(`posthouse needs Node 24 or newer; this is ${process.version}`)
    process.exitCode = 1
  }
} else if (!isClone || process.execArgv.includes(condition)) {
  keepCompiled()
  await import(isClone ? source.href : '../dist/main.js')
} else {
  // A flag and not module hooks: worker threads inherit flags only.
  runWith(process.execPath, [condition, ...process.execArgv])
}

/**
 * Has Node keep what it compiles, so that only the first start waits for that. It goes where nobody else can write: what is
 * found there is run.
 */
function keepCompiled() {
  try {
    module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(userInfo().homedir, '.cache'), 'posthouse'))
  } catch {
    // A user without a name has no folder; then everything is compiled anew.
  }
}

/** The Node 24 that `npm ci` has put into the clone, for shells that find an older one first. */
function installedNode() {
  const windows = process.platform === 'win32'
  try {
    const name = `node-${windows ? 'win' : process.platform}-${process.arch}/package.json`
    const node = join(dirname(createRequire(import.meta.url).resolve(name)), 'bin', windows ? 'node.exe' : 'node')
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

function runWith(node, flags) {
  const args = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  // execve keeps the pid, so signals sent to the command reach the hub.
  if (process.execve && process.platform !== 'win32') process.execve(node, [node, ...args])
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0)
  })
}
