/** Told what happens on a socket. */
export interface SocketListener {
  /** A piece of the stream came; what is in it follows. */
  onChunk(): void
  /** All that was in it has been told. */
  onChunkEnd(): void
  /** A message; the bytes may lie in a larger piece of memory. */
  onMessage(data: Uint8Array, binary: boolean): void
  /** A ping came; it is answered without the listener. */
  onPing(): void
  onPong(payload: Uint8Array): void
  /** The peer has read what waited. */
  onDrain(): void
  /** The connection ends, because the peer closes or has broken a rule; only `onClose` is still to come. */
  onEnding(): void
  /** The connection is gone; 1006 where the peer did not say that it closes. */
  onClose(code: number, reason: string): void
}

/** The hub's end of a WebSocket, as its connections use it. */
export interface HubSocket {
  /** False once either end has begun to close. */
  readonly open: boolean
  /** Bytes that wait for the peer to read. */
  readonly queuedBytes: number
  /** True while so much waits that `onDrain` will be told when it has been read. */
  readonly congested: boolean
  /** Names who is told what happens from now on. */
  use(listener: SocketListener): void
  /** Writes whole WebSocket frames, which may be cut anywhere between the pieces. Dropped where the socket is not open. */
  write(frames: readonly Uint8Array[]): void
  /** Writes a ping with a payload of at most 125 bytes. */
  writePing(payload: string): void
  /** Begins to close. A reason of more than 123 bytes is cut. */
  close(code: number, reason: string): void
  /** The peer may be here: messages of full length are read from now on. */
  trust(): void
  /** Stops reading: TCP slows the peer down. */
  pause(): void
  /** Reads on. */
  resume(): void
  /** Cuts the connection at once. */
  terminate(): void
}
