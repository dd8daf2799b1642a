/** Messages that came in, and how often they were delivered: once for each recipient and attempt. */
export interface Traffic {
  readonly messages: number
  readonly delivered: number
}

/** Traffic that is being counted. */
export interface Counting {
  messages: number
  delivered: number
}

/** The traffic of one label. */
export interface LabelTraffic extends Traffic {
  readonly label: string
}

/** What is kept of the traffic by label: the busiest, with messages and deliveries, and the sum of all others. */
export interface KeptLabels {
  readonly labels: readonly (readonly [label: string, messages: number, delivered: number])[]
  readonly other: readonly [messages: number, delivered: number]
}

/** Labels that are told apart while they are counted: peers choose them, so that there may be any number. */
const mostLabels = 1000

/** Counts traffic by a label. What comes when all labels are taken counts together, as others. */
export class LabelCounts {
  readonly #counts = new Map<string, Counting>()
  readonly #other: Counting = { messages: 0, delivered: 0 }
  // One message has many recipients, and messages of a kind come one after the other.
  #last = ''
  #lastCounts: Counting = this.#other

  /** Where to count what has this label. */
  of(label: string): Counting {
    if (label === this.#last) return this.#lastCounts
    let counts = this.#counts.get(label)
    if (counts === undefined) {
      if (this.#counts.size >= mostLabels) return this.#other
      counts = { messages: 0, delivered: 0 }
      this.#counts.set(label, counts)
    }
    this.#last = label
    this.#lastCounts = counts
    return counts
  }

  /** The `most` busiest, and the sum of all others. */
  busiest(most: number): { readonly labels: readonly LabelTraffic[]; readonly other: Traffic } {
    const sorted = [...this.#counts]
      .map(([label, { messages, delivered }]) => ({ label, messages, delivered }))
      .sort((a, b) => b.messages + b.delivered - (a.messages + a.delivered))
    const other = { ...this.#other }
    for (const each of sorted.slice(most)) addTo(other, each)
    return { labels: sorted.slice(0, most), other }
  }

  /** The same in the form in which it is kept. */
  kept(most: number): KeptLabels {
    const { labels, other } = this.busiest(most)
    return {
      labels: labels.map(({ label, messages, delivered }) => [label, messages, delivered]),
      other: [other.messages, other.delivered],
    }
  }

  /** Counts what was kept. */
  add({ labels, other }: KeptLabels): void {
    for (const [label, messages, delivered] of labels) addTo(this.of(label), { messages, delivered })
    addTo(this.#other, { messages: other[0], delivered: other[1] })
  }
}

function addTo(counts: Counting, { messages, delivered }: Traffic): void {
  counts.messages += messages
  counts.delivered += delivered
}
