import { aboveZero, checkOptions, either, oneOf, type Rule, type Rules } from '@posthouse/core/options'

/** What one WebSocket connection may cost. Sizes are bytes, times milliseconds. */
export interface SocketLimits {
  /** Longest message that is read; a longer one closes the connection with 1009. Default 1 MiB. */
  readonly messageBytes?: number
  /** Messages that wait until the handler receives them. Default 256. */
  readonly queueMessages?: number
  /** Bytes that wait until the handler receives them. Default 4 MiB. */
  readonly queueBytes?: number
  /**
   * What happens when as much waits: `pause` stops reading, so that TCP slows the peer down; `close` ends the connection,
   * with 1008 for too many messages and 1009 for too many bytes. Default `pause`.
   */
  readonly onFullQueue?: 'pause' | 'close'
  /** Output that may wait for a slow reader when nobody awaits it; more ends the connection with 1008. Default 16 MiB. */
  readonly sendBytes?: number
  /** How long nothing may come before the peer is asked whether it is there; `null` never asks. Default 30,000. */
  readonly pingAfter?: number | null
  /** How long it has to answer before its connection is cut. Default 10,000. */
  readonly pongWithin?: number
  /** How long a peer may send no message before it is closed with 4408; `null` is for ever. Default `null`. */
  readonly idle?: number | null
  /** How long an endpoint may take to accept or refuse. Default 10,000. */
  readonly accept?: number
  /** How long a peer has to answer our close before its connection is cut. Default 2,000. */
  readonly close?: number
  /** Messages a second from one connection, on average; `null` does not count. Default `null`. */
  readonly messagesPerSecond?: number | null
  /** Messages that may come at once before `messagesPerSecond` holds. Default: one second's worth. */
  readonly burst?: number | null
  /** What happens above `messagesPerSecond`: `slow` reads no faster, `close` ends the connection with 1008. Default `slow`. */
  readonly onExcess?: 'slow' | 'close'
}

/** Limits of which each has a value. */
export type ResolvedLimits = Required<SocketLimits>

/** The limits of an endpoint that names none. */
export const defaultSocketLimits: ResolvedLimits = {
  messageBytes: 1_048_576,
  queueMessages: 256,
  queueBytes: 4_194_304,
  onFullQueue: 'pause',
  sendBytes: 16_777_216,
  pingAfter: 30_000,
  pongWithin: 10_000,
  idle: null,
  accept: 10_000,
  close: 2000,
  messagesPerSecond: null,
  burst: null,
  onExcess: 'slow',
}

const orNull: Rule = either(aboveZero, { words: 'null', holds: (value) => value === null })

/** What limits must be. */
export const socketLimitRules: Rules<SocketLimits> = {
  messageBytes: aboveZero,
  queueMessages: aboveZero,
  queueBytes: aboveZero,
  onFullQueue: oneOf('pause', 'close'),
  sendBytes: aboveZero,
  pingAfter: orNull,
  pongWithin: aboveZero,
  idle: orNull,
  accept: aboveZero,
  close: aboveZero,
  messagesPerSecond: orNull,
  burst: orNull,
  onExcess: oneOf('slow', 'close'),
}

/**
 * The limits of an endpoint: its own before those of the app before the defaults.
 * @throws PosthouseError `invalid_option`
 */
export function resolveLimits(path: string, own: SocketLimits = {}, ofApp: SocketLimits = {}): ResolvedLimits {
  checkOptions(`websocket ${path}: limits`, own, socketLimitRules)
  return { ...defaultSocketLimits, ...given(ofApp), ...given(own) }
}

/** What is `undefined` leaves a limit as it was. */
function given(limits: SocketLimits): SocketLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}
