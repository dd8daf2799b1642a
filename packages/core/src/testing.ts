export { brokerContract, type OpenBrokers } from './testing/broker-contract.ts'
export type { ContractTest } from './testing/contract-test.ts'
export { type InboxStoreSettings, inboxStoreContract, type OpenInboxStore } from './testing/inbox-store-contract.ts'
