#!/usr/bin/env node
// Plain JavaScript, so that an old Node gets a sentence instead of a syntax error. In a clone it runs src/ unbuilt;
// the published package has no src/ and runs dist/.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const condition = '--conditions=@posthouse/source'
const source = new URL('../src/main.ts', import.meta.url)

if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(`posthouse needs Node 24 or newer; this is ${process.version}`)
  process.exit(1)
} else if (!existsSync(source)) {
  await import('../dist/main.js')
} else if (process.execArgv.includes(condition)) {
  await import(source.href)
} else {
  restartWith(condition)
}

/** A flag and not module hooks: worker threads inherit flags only. */
function restartWith(flag) {
  const args = [flag, ...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  // execve keeps the pid, so signals sent to the command reach the hub.
  if (process.execve && process.platform !== 'win32') process.execve(process.execPath, [process.execPath, ...args])
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0)
  })
}
