export type { Administrator } from './node/administrator.ts'
export type { Door, DoorTools, Keeping, Place } from './node/door.ts'
export { filesDoor } from './node/files-door.ts'
export type { Distribution, Metric, Sample } from './node/metrics/metric.ts'
export { createNode, type NodeOptions, PosthouseNode } from './node/posthouse-node.ts'
export {
  defineConfig,
  type PosthouseConfig,
  type PosthouseSettings,
  type SettingBytes,
  type SettingTime,
} from './settings/define-config.ts'
