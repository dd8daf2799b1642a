export type { Administrator } from './node/administrator.ts'
export type { Door, DoorTools, Place } from './node/door.ts'
export { filesDoor } from './node/files-door.ts'
export { createNode, type NodeOptions, PosthouseNode } from './node/posthouse-node.ts'
