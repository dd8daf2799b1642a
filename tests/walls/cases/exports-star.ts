// room: core
// rejected by: performance/noReExportAll
export * from './thing.ts'
