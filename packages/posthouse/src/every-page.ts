import type { HubAnswer } from './hub-answer.ts'

/**
 * Everything that a hub lists in pages. `ask` is given what the last entry of the page before has as its `key`; the hub says
 * with `more` whether there is another page.
 */
export async function everyPage(
  ask: (after: string | undefined) => Promise<HubAnswer>,
  list: string,
  key: string,
): Promise<readonly HubAnswer[]> {
  const all: HubAnswer[] = []
  for (let after: string | undefined, more = true; more; ) {
    const page = await ask(after)
    const entries = page.list(list)
    all.push(...entries)
    after = entries.at(-1)?.text(key)
    more = page.value.more === true && after !== undefined
  }
  return all
}
