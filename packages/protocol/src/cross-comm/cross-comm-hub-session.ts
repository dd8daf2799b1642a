import { PosthouseError } from '@posthouse/core'
import { asksOnlyOnline, type CrossCommFrame, loginId } from './cross-comm-frame.ts'

/** What a cross_comm connection asks its hub to do. */
export type CrossCommAction =
  /** Make this id reachable through this connection, then answer with `login_response`. */
  | { readonly do: 'login'; readonly client: string }
  | { readonly do: 'logout'; readonly client: string }
  | { readonly do: 'list'; readonly asker: string; readonly onlyOnline: boolean }
  /** Route this message as coming from `client`. */
  | { readonly do: 'publish'; readonly client: string; readonly frame: CrossCommFrame }
  /** The same from a connection that is not, or no longer, logged in: only while `client` is not connected elsewhere. */
  | { readonly do: 'publishUnbound'; readonly client: string; readonly frame: CrossCommFrame }
  /** No answer exists in this dialect; note it and go on. */
  | { readonly do: 'drop'; readonly error: PosthouseError }
  | { readonly do: 'close'; readonly error: PosthouseError }

/** Ids that a connection has logged out, and may still speak for. Spec: 9.3.5. */
const mostFormer = 100

/**
 * The hub's end of one cross_comm connection. Pure. The dialect has no sessions: this lives as long as its connection.
 * Source: spec/protocol.md, section 9.
 */
export class CrossCommHubSession {
  /** Reachable through this connection. */
  readonly #members = new Set<string>()
  /** Whom this connection may speak for, in the order of their logins: also after a logout. */
  readonly #speakers = new Set<string>()

  /** The ids that are logged in on this connection. */
  get members(): ReadonlySet<string> {
    return this.#members
  }

  /** Takes the next frame. Any frame is a sign of life, which the caller has noted. */
  receive(frame: CrossCommFrame): readonly CrossCommAction[] {
    switch (frame.type) {
      case 'login':
        return [this.#login(frame)]
      case 'logout':
        return this.#logout(frame)
      case 'heartbeat':
        return []
      case 'list_clients':
        return [
          { do: 'list', asker: this.#speaker(frame.from) ?? frame.from, onlyOnline: asksOnlyOnline(frame.content) },
        ]
      case 'login_response':
      case 'list_clients_response':
        return [{ do: 'drop', error: unexpected(`${frame.type} is for the hub to send, not for clients`) }]
      default:
        return [this.#publish(frame)]
    }
  }

  /** The id was taken over by another connection: this one may speak for it no longer. */
  lose(client: string): void {
    this.#members.delete(client)
    this.#speakers.delete(client)
  }

  #login(frame: CrossCommFrame): CrossCommAction {
    try {
      const client = loginId(frame)
      this.#members.add(client)
      this.#speakers.delete(client)
      this.#speakers.add(client)
      return { do: 'login', client }
    } catch (error) {
      if (error instanceof PosthouseError) return { do: 'close', error }
      throw error
    }
  }

  #logout(frame: CrossCommFrame): readonly CrossCommAction[] {
    const client = this.#members.has(frame.from) ? frame.from : this.#speaker(frame.from)
    if (client === undefined || !this.#members.delete(client)) {
      return [{ do: 'drop', error: unexpected('logout without login') }]
    }
    this.#forgetFormer()
    return [{ do: 'logout', client }]
  }

  /** Programs may go through ids without end on one connection: of those that were logged out the oldest is forgotten. */
  #forgetFormer(): void {
    if (this.#speakers.size - this.#members.size <= mostFormer) return
    for (const client of this.#speakers) {
      if (this.#members.has(client)) continue
      this.#speakers.delete(client)
      return
    }
  }

  #publish(frame: CrossCommFrame): CrossCommAction {
    const client = this.#speaker(frame.from)
    if (client !== undefined) return { do: this.#members.has(client) ? 'publish' : 'publishUnbound', client, frame }
    try {
      return { do: 'publishUnbound', client: loginId(frame), frame }
    } catch (error) {
      if (error instanceof PosthouseError) return { do: 'drop', error }
      throw error
    }
  }

  /** Whom a frame comes from: the claimed id where this connection has it, otherwise the one logged in last. */
  #speaker(claimed: string): string | undefined {
    return this.#speakers.has(claimed) ? claimed : [...this.#speakers].at(-1)
  }
}

function unexpected(message: string): PosthouseError {
  return new PosthouseError('unexpected_frame', message)
}
