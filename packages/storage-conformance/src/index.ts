export { CommitBuilder, edge, type VersionOptions } from "./commit-builder.ts";
export type { Law, OpenedStorage, StorageFactory } from "./law.ts";
export { laws } from "./laws.ts";
export { NaiveStorage } from "./naive-storage.ts";
export { checkLaw, type ConformanceOptions, storageConformance } from "./storage-conformance.ts";
