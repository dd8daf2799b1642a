import { type LogLimits, PosthouseError } from '@posthouse/core'
import { anything, aText, checkOptions, type Rules } from '@posthouse/core/options'
import { readChannelPattern } from './channel-pattern.ts'
import { PatternTrie } from './pattern-trie.ts'

/** How much of what was published in channels is kept. */
export interface ChannelRule {
  /** Names of channels: `*` stands for one part, `**` for any number of parts. */
  readonly pattern: string
  /**
   * The newest so many messages of each channel, for so long, in milliseconds. `false`: only what subscribers that are about to
   * resume need, and nothing for those who come later.
   */
  readonly history: { readonly messages: number; readonly ageMs: number } | false
}

const options: Rules<ChannelRule> = { pattern: aText, history: anything }

/** What holds for one channel. */
export interface ChannelTerms {
  readonly log: LogLimits
  /** True where those who come later do not get what was published before. */
  readonly hidden: boolean
}

const usual: ChannelTerms = { log: { messages: 1000, ageMs: 3_600_000 }, hidden: false }
/** As long as a session can be resumed by default, and no less than its window. */
const brief: ChannelTerms = { log: { messages: 256, ageMs: 120_000 }, hidden: true }

interface Numbered {
  readonly index: number
  readonly terms: ChannelTerms
}

/** What holds for each channel: the first rule that fits decides. */
export class ChannelRules {
  readonly #rules = new PatternTrie<Numbered>()

  /** @throws PosthouseError `invalid_option` */
  constructor(rules: readonly ChannelRule[] = []) {
    for (const [index, rule] of rules.entries()) {
      checkOptions('channels', rule, options, ['pattern', 'history'])
      this.#rules.add(partsOf(rule), { index, terms: termsOf(rule) })
    }
  }

  of(name: string): ChannelTerms {
    const fitting = this.#rules.match(name)
    let first: Numbered | undefined
    for (const rule of fitting) if (first === undefined || rule.index < first.index) first = rule
    return first?.terms ?? usual
  }
}

function partsOf({ pattern }: ChannelRule): readonly string[] {
  try {
    return readChannelPattern(`channel:${pattern}`).parts
  } catch (cause) {
    throw new PosthouseError('invalid_option', `channels: ${JSON.stringify(pattern)} is no pattern`, { cause })
  }
}

function termsOf({ pattern, history }: ChannelRule): ChannelTerms {
  if (history === false) return brief
  for (const value of [history.messages, history.ageMs]) {
    if (Number.isSafeInteger(value) && value > 0) continue
    const message = `channels: the history of ${JSON.stringify(pattern)} must have whole numbers above 0, not ${value}`
    throw new PosthouseError('invalid_option', message)
  }
  return { log: { messages: history.messages, ageMs: history.ageMs }, hidden: false }
}
