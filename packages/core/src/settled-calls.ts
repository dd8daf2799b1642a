import { ByteRing } from './byte-ring.ts'
import type { KeptCall } from './call-store.ts'
import { KeyedHash } from './keyed-hash.ts'

/** A call of an owner: callers have numbers here. */
export type OwnedCall = Omit<KeptCall, 'caller' | 'state' | 'callback'>

/** Longer texts are kept as they are: to copy them would cost more than to look after them. */
const longest = 2048
/** There are so many places where a chain of calls begins: at the least, and for each call. Most are empty, and end a search. */
const leastHeads = 256
const headsPerCall = 4
/** Heads say where a piece stands in units of eight bytes, which must stay below what 32 bits can say. */
const mostUnits = 2 ** 31

/** What stands where in each piece of the ring. Behind its head are its texts, in this order. */
const piece = { earlier: 0, at: 8, deadline: 16, hash: 24, owner: 28, lengths: 32, marks: 42, size: 44, texts: 48 }
/** Marks. */
const [wide, long, gone] = [1, 2, 4]
/** The length of a text that is not there. */
const absent = 0xffff

/**
 * Calls that nothing is to be done about any more, in the order in which they came. Each is a piece of a ring of bytes: objects
 * that stay for a day would be copied twice by the collector of garbage, and looked at again and again. Where a piece stands is its
 * name. Those whose ids have hashes that are alike hang together in a chain, the newest first, so that a chain ends where a piece
 * was dropped.
 */
export class SettledCalls {
  readonly #ring = new ByteRing()
  readonly #hash = new KeyedHash()
  /** Where the newest piece of each chain stands, counted from the base, in units, and one more; 0 where there was none. */
  #heads = new Uint32Array(leastHeads)
  #base = 0
  /** Pieces of the ring, also those that were taken out. */
  #count = 0
  /** Those with long texts, by where their pieces stand. */
  readonly #long = new Map<number, OwnedCall>()
  #longBytes = 0
  /** What was hashed last: whoever remembers a call has looked for it before. */
  #lastOwner = -1
  #lastId = ''
  #lastHash = 0

  /** Bytes that are held. */
  get bytes(): number {
    return this.#ring.end - this.#ring.begin + this.#longBytes
  }

  /** The oldest; nothing where there is none. */
  get first(): number | undefined {
    return this.#count === 0 ? undefined : this.#ring.begin
  }

  /** A call of an owner, or nothing. */
  find(owner: number, id: string): number | undefined {
    const ring = this.#ring
    const hash = this.#hashOf(owner, id)
    let at = this.#head(hash)
    for (; at >= ring.begin; at = ring.double(at + piece.earlier)) {
      if (ring.word(at + piece.hash) === hash && this.#is(at, owner, id)) return at
    }
    return undefined
  }

  /** Adds a call of an owner who has none with this id. */
  add(owner: number, call: OwnedCall): void {
    const full = this.#count * headsPerCall >= this.#heads.length
    if (full || this.#ring.end - this.#base > mostUnits * 8) this.#rehash(this.#heads.length * (full ? 2 : 1))
    const units = unitsOf(call)
    const isLong = units > longest
    const texts = isLong ? [] : [call.id, call.procedure, call.inputHash, call.request, call.answer]
    const begin = this.#write(owner, call, texts)
    if (!isLong) return
    this.#ring.setShort(begin + piece.marks, this.#ring.short(begin + piece.marks) | long)
    this.#long.set(begin, call)
    this.#longBytes += units
  }

  /** When a call came in. */
  at(call: number): number {
    return this.#ring.double(call + piece.at)
  }

  /** A call as it was added. */
  read(call: number): OwnedCall {
    const known = this.#long.get(call)
    if (known !== undefined) return known
    const ring = this.#ring
    const isWide = (ring.short(call + piece.marks) & wide) !== 0
    let at = call + piece.texts
    const next = (index: number): string | undefined => {
      const length = ring.short(call + piece.lengths + 2 * index)
      if (length === absent) return undefined
      const text = ring.text(at, length, isWide)
      at += isWide ? 2 * length : length
      return text
    }
    const [id = '', procedure = '', inputHash = ''] = [next(0), next(1), next(2)]
    const [request, answer] = [next(3), next(4)]
    return {
      id,
      procedure,
      inputHash,
      at: this.at(call),
      deadline: ring.double(call + piece.deadline),
      request,
      answer,
    }
  }

  /** Takes a call out. Its bytes are free once it is the oldest. */
  remove(call: number): void {
    const marks = this.#ring.short(call + piece.marks)
    this.#ring.setShort(call + piece.marks, marks | gone)
    const known = this.#long.get(call)
    if (known === undefined) return
    this.#long.delete(call)
    this.#longBytes -= unitsOf(known)
  }

  /** Takes the oldest out, and tells whose it was; nothing where it was taken out before. */
  removeFirst(): number | undefined {
    const ring = this.#ring
    const { begin } = ring
    const wasGone = (ring.short(begin + piece.marks) & gone) !== 0
    const owner = ring.word(begin + piece.owner)
    if (this.#long.size > 0) this.remove(begin)
    ring.dropUntil(begin + ring.word(begin + piece.size))
    this.#count--
    return wasGone ? undefined : owner
  }

  /** Lets go of room that is not needed any more. */
  compact(): void {
    this.#ring.compact()
    const spare = this.#heads.length / (8 * headsPerCall)
    if (this.#heads.length > leastHeads && this.#count < spare) this.#rehash(this.#heads.length / 4)
  }

  #write(owner: number, call: OwnedCall, texts: readonly (string | undefined)[]): number {
    const ring = this.#ring
    let units = 0
    for (const text of texts) units += text === undefined ? 0 : text.length
    const begin = ring.extend(sizeOf(units))
    let all = 0
    let at = begin + piece.texts
    for (let index = 0; index < 5; index++) {
      const text = texts[index]
      ring.setShort(begin + piece.lengths + 2 * index, text === undefined ? absent : text.length)
      if (text === undefined) continue
      all |= ring.setNarrow(at, text)
      at += text.length
    }
    const isWide = all > 0xff
    if (isWide) this.#widen(begin, units, texts)
    ring.setDouble(begin + piece.at, call.at)
    ring.setDouble(begin + piece.deadline, call.deadline)
    ring.setWord(begin + piece.hash, this.#hashOf(owner, call.id))
    ring.setWord(begin + piece.owner, owner)
    ring.setShort(begin + piece.marks, isWide ? wide : 0)
    ring.setWord(begin + piece.size, sizeOf(isWide ? 2 * units : units))
    this.#link(begin)
    this.#count++
    return begin
  }

  /** Writes again what does not fit into one byte for each unit. */
  #widen(begin: number, units: number, texts: readonly (string | undefined)[]): void {
    this.#ring.extend(sizeOf(2 * units) - sizeOf(units))
    let at = begin + piece.texts
    for (const text of texts) {
      if (text === undefined) continue
      this.#ring.setWide(at, text)
      at += 2 * text.length
    }
  }

  #link(call: number): void {
    const hash = this.#ring.word(call + piece.hash)
    this.#ring.setDouble(call + piece.earlier, this.#head(hash))
    this.#heads[hash & (this.#heads.length - 1)] = (call - this.#base) / 8 + 1
  }

  /** The newest of a chain; before all pieces where there is none. */
  #head(hash: number): number {
    return this.#base + ((this.#heads[hash & (this.#heads.length - 1)] ?? 0) - 1) * 8
  }

  #is(call: number, owner: number, id: string): boolean {
    const ring = this.#ring
    const marks = ring.short(call + piece.marks)
    if ((marks & gone) !== 0 || ring.word(call + piece.owner) !== owner) return false
    if ((marks & long) !== 0) return this.#long.get(call)?.id === id
    if (ring.short(call + piece.lengths) !== id.length) return false
    return ring.has(call + piece.texts, id, (marks & wide) !== 0)
  }

  #hashOf(owner: number, id: string): number {
    if (this.#lastOwner === owner && this.#lastId === id) return this.#lastHash
    this.#lastOwner = owner
    this.#lastId = id
    this.#lastHash = this.#hash.of(owner, id)
    return this.#lastHash
  }

  #rehash(heads: number): void {
    const ring = this.#ring
    this.#heads = new Uint32Array(heads)
    this.#base = ring.begin
    for (let call = ring.begin; call < ring.end; call += ring.word(call + piece.size)) this.#link(call)
  }
}

/** Pieces begin where numbers may stand. */
function sizeOf(units: number): number {
  return (piece.texts + units + 7) & ~7
}

function unitsOf({ id, procedure, inputHash, request = '', answer = '' }: OwnedCall): number {
  return id.length + procedure.length + inputHash.length + request.length + answer.length
}
