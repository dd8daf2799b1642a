import { messageTypes } from '@posthouse/core'
import { Argument, type Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** Messages have other types, too, so this is no choice of the option. */
const types: readonly [string, readonly string[]] = ['--type', messageTypes]

/** A zsh that completes nothing yet is made ready for it. */
const zshHead = `(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
autoload -U +X bashcompinit && bashcompinit
`

/** The shells that completion scripts exist for. */
const completionShells = ['bash', 'zsh', 'fish'] as const

type Shell = (typeof completionShells)[number]

/** Adds `posthouse completion`. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('print a completion script for your shell')
    .description('Prints a completion script.')
    .addHelpText(
      'after',
      '\nbash: source <(posthouse completion bash)\nzsh:  source <(posthouse completion zsh)\nfish: posthouse completion fish | source',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(completionShells))
    .action((shell) => printCompletion(terminal, program, shell))
}

/** Prints a script that completes the words of `program`. */
function printCompletion(terminal: Terminal, program: Command, shell: Shell): void {
  const words = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    actions: command.registeredArguments[0]?.argChoices ?? [],
    flags: command.options.flatMap(({ long }) => (long ? [long] : [])),
    valued: command.options.flatMap(({ long, required, optional }) => (long && (required || optional) ? [long] : [])),
    choices: command.options.flatMap(({ long, argChoices }) =>
      long && argChoices ? [[long, argChoices] as const] : [],
    ),
  }))
  terminal.print(shell === 'fish' ? fishScript(words) : bashScript(words, shell === 'zsh'))
}

interface Word {
  readonly name: string
  readonly summary: string
  /** What may stand behind the name, where it is one of a few words. */
  readonly actions: readonly string[]
  readonly flags: readonly string[]
  /** Options that take a value. */
  readonly valued: readonly string[]
  /** Options that take one of a few words, with these. */
  readonly choices: readonly (readonly [string, readonly string[]])[]
}

function bashScript(words: readonly Word[], zsh: boolean): string {
  const choices = new Map([types, ...words.flatMap(({ choices: each }) => each)])
  const befores = [...choices].map(
    ([flag, each]) => `    ${flag}) COMPREPLY=($(compgen -W "${each.join(' ')}" -- "$word")); return ;;`,
  )
  const cases = words.map(
    ({ name, flags, actions }) => `    ${name}) flags="${flags.join(' ')}"; actions="${actions.join(' ')}" ;;`,
  )
  return `${zsh ? zshHead : ''}_posthouse() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags="" actions=""
  case "$before" in
${befores.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words.map(({ name }) => name).join(' ')} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 2 ] && [ -n "$actions" ]; then
    COMPREPLY=($(compgen -W "$actions $flags --help" -- "$word"))
    return
  fi
  COMPREPLY=($(compgen -W "$flags --help" -- "$word"))
}
complete -o default -F _posthouse posthouse`
}

function fishScript(words: readonly Word[]): string {
  const lines = words.flatMap(({ name, summary, flags, valued, choices, actions }) => {
    const known = new Map([types, ...choices])
    const values = (flag: string): string => {
      if (known.has(flag)) return ` -x -a '${known.get(flag)?.join(' ')}'`
      return valued.includes(flag) ? ' -r' : ''
    }
    return [
      `complete -c posthouse -n __fish_use_subcommand -f -a ${name} -d '${summary}'`,
      ...(actions.length > 0
        ? [`complete -c posthouse -n '__fish_seen_subcommand_from ${name}' -f -a '${actions.join(' ')}'`]
        : []),
      ...flags.map(
        (flag) => `complete -c posthouse -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}${values(flag)}`,
      ),
    ]
  })
  const always = ['help', 'version'].map((flag) => `complete -c posthouse -n __fish_use_subcommand -f -l ${flag}`)
  return [...always, ...lines].join('\n')
}
