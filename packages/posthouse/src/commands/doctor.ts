import { PosthouseError } from '@posthouse/core'
import type { Command } from 'commander'
import { certificateFindings } from '../doctor/certificates.ts'
import { dataFindings } from '../doctor/data-folder.ts'
import { type Finding, printFindings } from '../doctor/finding.ts'
import { filesFinding, memoryFinding, nodeFinding, watchClock } from '../doctor/machine.ts'
import { portFinding } from '../doctor/port.ts'
import { exitCodes } from '../failure.ts'
import { type HubAccess, hubUrl, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { clientOptions } from '../open-client.ts'
import { checked, parsePort } from '../option-values.ts'
import { type NodeHere, settingsHere, withNodeHere } from '../settings/node-here.ts'
import type { Terminal } from '../terminal.ts'

interface DoctorOptions extends HubAccess, NodeHere {
  readonly host?: string
  readonly port?: number
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly origin?: string
}

/** Adds `posthouse doctor`. */
export function addDoctor(program: Command, terminal: Terminal): void {
  const command = program
    .command('doctor')
    .summary('check what a hub or a connection needs')
    .description(
      'Checks this computer and the connection to a hub, and says how to fix what is wrong. With --url it checks only the connection to that hub, unless --host, --port, --data or --config is given, too.',
    )
    .option('--origin <origin>', 'connect as a page of this origin would, such as https://example.org')
    .action((options) => doctor(terminal, options))
  withHubAccess(command)
  command
    .optionsGroup('A hub that is to run here:')
    .option('--host <address>', 'address that it will listen on (default: that of posthouse up, by its settings here)')
    .option('--port <number>', 'port that it will listen on (default: likewise)', checked(parsePort))
  withNodeHere(command)
    .option('--tls-cert <file>', 'its certificate, in PEM form')
    .option('--tls-key <file>', 'the key of that certificate')
}

/**
 * Checks, and says what it found; the exit status is 1 where something is wrong.
 * @throws PosthouseError `invalid_option`
 */
async function doctor(terminal: Terminal, options: DoctorOptions): Promise<void> {
  using interrupt = onInterrupt()
  const clock = watchClock()
  const findings: Finding[] = [nodeFinding(), memoryFinding(), filesFinding()]
  findings.push(...(await checkHere(options, interrupt.signal)), clock())
  const wrong = findings.some(({ verdict }) => verdict === 'problem')
  if (options.json) terminal.print(JSON.stringify({ ok: !wrong, findings }))
  else printFindings(terminal, findings)
  if (wrong) process.exitCode = exitCodes.failed
}

async function checkHere(options: DoctorOptions, signal: AbortSignal): Promise<readonly Finding[]> {
  const { tlsCert, tlsKey, url, origin } = options
  const elsewhere = url !== undefined || (process.env.POSTHOUSE_URL ?? '') !== ''
  const local = [options.host, options.port, options.data, options.config].some((given) => given !== undefined)
  const findings: Finding[] = []
  let found: string | undefined
  if (!elsewhere || local) {
    const { host, port, data } = { ...(await settingsHere(options.config)), ...options }
    const { hub, ...finding } = await portFinding({ host, port })
    found = hub
    findings.push(finding, ...(await dataFindings(data)))
  }
  if (tlsCert === undefined && tlsKey !== undefined) {
    throw new PosthouseError('invalid_option', '--tls-key is the key of a certificate: name that with --tls-cert')
  }
  if (tlsCert !== undefined) {
    const name = options.host ?? (url && new URL(hubUrl(options)).hostname)
    findings.push(...certificateFindings({ tlsCert, ...(tlsKey && { tlsKey }), ...(name && { host: name }) }))
  }
  const target = elsewhere ? hubUrl(options) : found
  if (target === undefined) return findings
  const client = { ...clientOptions(options), url: target }
  const { probeHub } = await import('../doctor/hub-probe.ts')
  return [...findings, ...(await probeHub({ client, signal, ...(origin !== undefined && { origin }) }))]
}
