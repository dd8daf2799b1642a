import { messageTypes } from '@posthouse/core'
import { Argument, type Command } from 'commander'
import { logLevels } from './console-logger.ts'
import type { Terminal } from './terminal.ts'

/** The shells that completion scripts exist for. */
const completionShells = ['bash', 'zsh', 'fish'] as const

type Shell = (typeof completionShells)[number]

/** Adds `posthouse completion`. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('print a completion script for your shell')
    .description('Prints a completion script. For bash: source <(posthouse completion bash)')
    .addArgument(new Argument('<shell>', 'the shell').choices(completionShells))
    .action((shell) => printCompletion(terminal, program, shell))
}

/** Prints a script that completes the words of `program`. */
function printCompletion(terminal: Terminal, program: Command, shell: Shell): void {
  const words = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    flags: command.options.flatMap(({ long }) => (long ? [long] : [])),
  }))
  terminal.print(shell === 'fish' ? fishScript(words) : bashScript(words, shell === 'zsh'))
}

interface Word {
  readonly name: string
  readonly summary: string
  readonly flags: readonly string[]
}

function bashScript(words: readonly Word[], zsh: boolean): string {
  const cases = words.map(({ name, flags }) => `    ${name}) flags="${flags.join(' ')}" ;;`)
  return `${zsh ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_posthouse() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags=""
  case "$before" in
    --type) COMPREPLY=($(compgen -W "${messageTypes.join(' ')}" -- "$word")); return ;;
    --dialect) COMPREPLY=($(compgen -W "json msgpack cross_comm" -- "$word")); return ;;
    --log-level) COMPREPLY=($(compgen -W "${logLevels.join(' ')}" -- "$word")); return ;;
    --qos) COMPREPLY=($(compgen -W "0 1" -- "$word")); return ;;
    completion) COMPREPLY=($(compgen -W "${completionShells.join(' ')}" -- "$word")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words.map(({ name }) => name).join(' ')} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$flags --help" -- "$word"))
}
complete -o default -F _posthouse posthouse`
}

function fishScript(words: readonly Word[]): string {
  const lines = words.flatMap(({ name, summary, flags }) => [
    `complete -c posthouse -n __fish_use_subcommand -a ${name} -d '${summary}'`,
    ...flags.map((flag) => `complete -c posthouse -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
  ])
  return lines.join('\n')
}
