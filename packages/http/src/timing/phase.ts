/** What a request waits for, in the order of its life; each has a deadline and an error code of its own. */
export type Phase = 'pool' | 'connect' | 'write' | 'firstByte' | 'read'
