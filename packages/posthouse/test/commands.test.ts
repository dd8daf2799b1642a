import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildProgram } from '../src/program.ts'
import { Terminal } from '../src/terminal.ts'
import { Cli, startUp, type UpCli } from './cli.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

describe('the commands that talk to a hub', () => {
  let folder = ''
  let hub: UpCli

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
    hub = await startUp(['--data', join(folder, 'data')], { cwd: folder, bare: true })
  })
  after(async () => {
    await hub[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const at = (...args: string[]): string[] => [...args, '--url', hub.url]
  const listening = async (...args: string[]): Promise<Cli> => {
    const cli = Cli.start(at('listen', ...args))
    await cli.line(/listening as/)
    return cli
  }

  test('a message sent in one terminal is printed in another', async () => {
    await using listener = await listening('--id', 'bob', '--count', '1')
    const sent = await Cli.run(at('send', 'bob', 'hello 你好', '--id', 'alice'))
    assert.equal(sent.status, 0, sent.err)
    assert.match(sent.out, /^stored text to bob, id /)
    const { status, out } = await listener.ended()
    assert.deepEqual([status, out], [0, 'alice text hello 你好'])
  })

  test('a body is read from standard input, without the newline that echo adds', async () => {
    await using listener = await listening('--id', 'piped', '--count', '2', '--json')
    const dict = await Cli.run(at('send', 'piped', '--type', 'dict', '--json'), { input: '{"cpu": 0.5}\n' })
    assert.equal(dict.status, 0, dict.err)
    assert.equal(JSON.parse(dict.out).state, 'stored')
    await Cli.run(at('send', 'piped', '--id', 'alice'), { input: 'line\n' })
    const [first, second] = (await listener.ended()).out.split('\n').map((line) => JSON.parse(line))
    assert.deepEqual([first.type, first.body], ['dict', { cpu: 0.5 }])
    assert.deepEqual([second.from, second.type, second.body], ['alice', 'text', 'line'])
  })

  test('whole numbers keep all their digits', async () => {
    const socket = new WebSocket(hub.url, ['posthouse.v1.json'])
    const body = '{"id":9007199254740993,"least":-9223372036854775808,"most":18446744073709551615,"pi":3.14}'
    const arrived = new Promise<string>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        if (String(data).includes('"op":"deliver"')) resolve(String(data))
        else if (String(data).includes('"op":"welcome"')) void Cli.run(at('send', 'exact', body, '--type', 'dict'))
      })
    })
    const hello = { op: 'hello', client: 'exact', caps: [], producer: 'p', transient: true }
    socket.addEventListener('open', () => socket.send(JSON.stringify(hello)))
    assert.ok((await arrived).includes(body))
    socket.close()
  })

  test('bytes go through as they are and are shown as base64', async () => {
    await using listener = await listening('--id', 'raw', '--count', '1')
    await Cli.run(at('send', 'raw', '--type', 'bytes', '--id', 'alice'), { input: new Uint8Array([0, 1, 255, 10]) })
    assert.equal((await listener.ended()).out, 'alice bytes AAH/Cg== (4 bytes)')
  })

  test('what a sender writes cannot steer the terminal', async () => {
    await using listener = await listening('--id', 'safe', '--count', '1')
    await Cli.run(at('send', 'safe', '\u001b[2Jgone\u202e', '--id', 'mallory'))
    assert.equal((await listener.ended()).out, 'mallory text \\u001b[2Jgone\\u202e')
  })

  test('listen shows only the types and senders that were asked for', async () => {
    await using listener = await listening('--id', 'picky', '--type', 'dict', '--from', 'alice', '--count', '1')
    await Cli.run(at('send', 'picky', 'no', '--id', 'alice'))
    await Cli.run(at('send', 'picky', '{"no":1}', '--type', 'dict', '--id', 'mallory'))
    await Cli.run(at('send', 'picky', '{"yes":1}', '--type', 'dict', '--id', 'alice'))
    assert.equal((await listener.ended()).out, 'alice dict {"yes":1}')
  })

  test('Ctrl-C ends listen with status 0', async () => {
    await using listener = await listening('--id', 'leaver')
    listener.signal('SIGINT')
    assert.equal((await listener.ended()).status, 0)
  })

  test('clients shows who is there and, with --all, who was', async () => {
    await using listener = await listening('--id', 'here')
    const now = await Cli.run(at('clients'))
    assert.match(now.out, /^here +online +json /m)
    listener.signal('SIGTERM')
    await listener.ended()
    const later = JSON.parse((await Cli.run(at('clients', '--all', '--json'))).out)
    assert.equal(later.find((info: { client: string }) => info.client === 'here').online, false)
  })

  test('a command that came without an id is forgotten when it has gone', async () => {
    await Cli.run(at('send', 'hub', 'hi'))
    const { out } = await Cli.run(at('clients', '--all', '--json'))
    assert.deepEqual(
      JSON.parse(out).filter(({ client }: { client: string }) => client.startsWith('cli_')),
      [],
    )
  })

  test('standard input that holds nothing is no message', async () => {
    const { status, err } = await Cli.run(at('send', 'hub'), { input: '' })
    assert.equal(status, 2)
    assert.match(err, /standard input is empty/)
  })

  test('a recipient that was never there is refused, with the reason and what to do', async () => {
    const { status, err, out } = await Cli.run(at('send', 'nobody-ever', 'hi'))
    assert.deepEqual([status, out], [4, ''])
    assert.match(
      err,
      /^error no client "nobody-ever" has ever connected here \(unknown_recipient\)\n.*Check the spelling/,
    )
  })

  test('with --json errors are JSON too', async () => {
    const { status, err } = await Cli.run(at('send', 'nobody-ever', 'hi', '--json'))
    assert.equal(status, 4)
    assert.equal(JSON.parse(err).error.code, 'unknown_recipient')
  })

  test('a bad address, a bad type and a bad body are told in one line, before anything is sent', async () => {
    for (const [args, words] of [
      [['send', 'channel:a..b', 'x'], /channel:a\.\.b.*no empty parts/],
      [['send', 'bob', 'x', '--type', 'txt'], /"txt" is no type/],
      [['send', 'bob', '{', '--type', 'json'], /not valid JSON/],
      [['send', 'bob', '{', '--type', 'dict'], /dict body is written as JSON/],
      [['send', 'bob', 'x', '--id', 'all'], /all/],
    ] as const) {
      const { status, err } = await Cli.run(at(...args))
      assert.equal(status, 2, `${args.join(' ')}: ${err}`)
      assert.match(err, words)
    }
  })

  test('a second hub on the same port says so in one clear line', async () => {
    const { port } = new URL(hub.url)
    const { status, err } = await Cli.run([
      'up',
      '--port',
      port,
      '--data',
      join(folder, 'other'),
      '--log-level',
      'silent',
    ])
    assert.equal(status, 1)
    assert.match(err, new RegExp(`^error port ${port} on 127.0.0.1 is in use \\(port_in_use\\)`))
  })
})

describe('posthouse up', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
  })
  after(() => rm(folder, { recursive: true }))

  test('Ctrl-C drains: listeners hear of it, the status file is complete, the status is 0', async () => {
    await using hub = await startUp(['--data', join(folder, 'a')], { cwd: folder })
    await using listener = Cli.start(['listen', '--id', 'bob', '--url', hub.url])
    await listener.line(/listening as/)
    hub.signal('SIGINT')
    assert.equal((await hub.ended()).status, 0)
    await listener.line(/connection is lost/)
    assert.match(
      await readFile(join(folder, 'a/cross_comm_clients.yaml'), 'utf8'),
      /^bob:\n {2}last_seen: [\d.]+\n {2}status: offline\n$/,
    )
  })

  test('clients of an earlier run, or of a Python server in the working folder, are known', async () => {
    const old = join(folder, 'python')
    await using first = await startUp(['--data', old], { cwd: folder })
    await Cli.run(['send', 'hub', 'hi', '--id', 'early', '--url', first.url])
    first.signal('SIGTERM')
    await first.ended()
    await using second = await startUp(['--data', 'new'], { cwd: old })
    const { out } = await Cli.run(['clients', '--all', '--url', second.url])
    assert.match(out, /^early +offline/m)
  })

  test('npm start hands a SIGTERM on to the hub, and ends when that has drained', async () => {
    const words = ['start', '--', '--port', '0', '--data', join(folder, 'npm')]
    const npm = spawn('npm', words, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      const told = text(npm.stderr)
      npm.stdout.on('data', (piece) => String(piece).includes('is listening on') && npm.kill('SIGTERM'))
      const [status] = await once(npm, 'exit')
      assert.equal(status, 0)
      assert.match(await told, /^draining/m)
    } finally {
      if (npm.pid !== undefined) killGroup(npm.pid)
    }
  })

  test('other computers are let in only when --insecure is said, and then there is a warning', async () => {
    const refused = await Cli.run(['up', '--host', '0.0.0.0', '--port', '0', '--data', folder])
    assert.equal(refused.status, 1)
    assert.match(refused.err, /insecure_bind/)
    await using hub = await startUp(['--host', '0.0.0.0', '--insecure', '--data', folder])
    await hub.line(/warn .*whoever reaches this address/)
  })

  test('wrong words end with status 2 and say what is wrong', async () => {
    for (const [args, words] of [
      [['up', '--port', '70000'], /a port is a number from 0 to 65535/],
      [['up', '--heartbeat-interval', 'soon'], /"soon" is no duration/],
      [['up', '--log-level', 'loud'], /Allowed choices are debug, info/],
      [['up', '--channel', 'a.*'], /"a\.\*" is no rule for channels: write a pattern/],
      [['up', '--channel', 'a.*=5,soon'], /"soon" is no duration/],
      [['up', '--channel', 'a..b=off', '--data', folder], /channels: "a\.\.b" is no pattern/],
      [['watch', '--interval', '99ms'], /"99ms" is too short: write 100ms or more/],
      [['fly'], /unknown command 'fly'/],
      [['send'], /missing required argument 'to'\n\(posthouse send --help/],
      [['listen', '--count', '0'], /a count is a whole number from 1/],
      [['clients', '--url', 'ftp://x'], /"ftp:\/\/x" is no hub address/],
    ] as const) {
      const { status, err } = await Cli.run(args)
      assert.equal(status, 2, args.join(' '))
      assert.match(err, words)
    }
  })

  test('a default time is shown as it would be written', async () => {
    for (const [name, words] of [
      ['call', /\(default: 30s\)/],
      ['watch', /\(default: 1s\)/],
      ['bench', /\(default:\s+5s\)/],
    ] as const) {
      assert.match((await Cli.run([name, '--help'])).out, words)
    }
  })

  test('help and version go to standard output with status 0', async () => {
    const help = await Cli.run(['up', '--help'])
    assert.equal(help.status, 0)
    for (const flag of [
      '--host',
      '--port',
      '--data',
      '--insecure',
      '--no-legacy',
      '--status-file',
      '--heartbeat-interval',
      '--heartbeat-timeout',
      '--log-level',
    ]) {
      assert.ok(help.out.includes(flag), flag)
    }
    const named = await Cli.run(['help', 'up'])
    assert.equal(named.status, 0)
    assert.equal(named.out, help.out)
    assert.match((await Cli.run(['--version'])).out, /^\d+\.\d+\.\d+/)
  })

  test('a damaged status file is left alone and told', async () => {
    const { status, err } = await Cli.run([
      'up',
      '--port',
      '0',
      '--status-file',
      import.meta.filename,
      '--data',
      folder,
    ])
    assert.equal(status, 1)
    assert.match(err, /is not a readable status file/)
  })

  test('serves no more than it is told to, and refuses cross_comm programs with a reason', async () => {
    const less = ['--no-legacy', '--no-administration', '--metrics', 'open', '--env', 'production']
    await using hub = await startUp([...less, '--data', folder])
    const status = async (path: string): Promise<number> => (await fetch(hub.url.replace('ws', 'http') + path)).status
    assert.deepEqual(await Promise.all(['/metrics', '/api/v1/clients', '/openapi.json'].map(status)), [200, 404, 404])
    const socket = new WebSocket(hub.url)
    socket.addEventListener('open', () => socket.send('{"msg_type": "login"}'))
    const closed = await new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
    assert.match(closed.reason, /does not serve cross_comm/)
  })
})

test('where no hub is, the command says so in one line, with status 3', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await new Promise((resolve) => server.close(resolve))
  const { status, err } = await Cli.run(['send', 'bob', 'x', '--url', `127.0.0.1:${port}`])
  assert.equal(status, 3)
  assert.match(err, new RegExp(`^error .*127\\.0\\.0\\.1:${port}.*\\(unreachable\\)\n`))
})

test('completion scripts name every command, every option and what can be chosen', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, status } = await Cli.run(['completion', shell])
    assert.equal(status, 0)
    for (const command of buildProgram(new Terminal()).commands) {
      for (const word of [command.name(), ...command.options.map(({ long = '' }) => long.slice(2))]) {
        assert.ok(out.includes(word), `${shell}: ${word}`)
      }
    }
    assert.match(out, /msgpack/)
  }
  const [zsh, fish] = await Promise.all(['zsh', 'fish'].map((shell) => Cli.run(['completion', shell])))
  // Without it a zsh that completes nothing yet only complains.
  assert.match(zsh?.out ?? '', /^[^\n]*compinit -i/)
  for (const line of [
    /^complete -c posthouse -n __fish_use_subcommand -f -a send /m,
    /-l type -x -a 'text/,
    /-l data -r$/m,
  ]) {
    assert.match(fish?.out ?? '', line)
  }
})

/** Ends what a process has started and left behind. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}
