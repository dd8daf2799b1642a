export {
  type BlobStoreAbilities,
  type BlobStoreSettings,
  blobStoreContract,
  type OpenBlobStore,
} from './testing/blob-store-contract.ts'
export { brokerContract, type OpenBrokers } from './testing/broker-contract.ts'
export { type CallStoreSettings, callStoreContract, type OpenCallStore } from './testing/call-store-contract.ts'
export { changedStore } from './testing/changed-store.ts'
export type { ContractTest } from './testing/contract-test.ts'
export {
  type InboxStoreAbilities,
  type InboxStoreSettings,
  inboxStoreContract,
  type OpenInboxStore,
} from './testing/inbox-store-contract.ts'
