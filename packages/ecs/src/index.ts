export { ref, type Ref } from "./definition/ref.ts";
export type { EntityDefinition, Upcast, UpcastStep } from "./definition/entity-definition.ts";
export type { FieldDefinition, FieldKind } from "./definition/field-definition.ts";
export type { FieldInput, Fields, FieldValue, Frozen, Input, Nested } from "./definition/field-types.ts";
export { Entity, type AnyEntityClass, type DefineOptions, type EntityClass } from "./entity/entity.ts";
export type { FieldModification, KeyOperation, Modification } from "./entity/modifications.ts";
export { ConflictError } from "./errors/conflict-error.ts";
export { EntityError, type EntityErrorCode, entityErrorCodes } from "./errors/entity-error.ts";
export { StorageError, type StorageErrorCode, storageErrorCodes } from "./errors/storage-error.ts";
export { EntityDependencyGraph, type GraphAccessors } from "./graph/entity-dependency-graph.ts";
export { uuidV7Source } from "./identity/uuid-v7.ts";
export type { Lineage } from "./lineage/lineage.ts";
export type { ListOperation } from "./lineage/list-operations.ts";
export type { ReferenceChange, ValueChange, VersionDiff } from "./lineage/version-diff.ts";
export { correlate, correlationId } from "./observe/correlation.ts";
export { lifeCycleChannel, type LifeCycleEvent } from "./observe/life-cycle.ts";
export { LeveledLogger, type LogFields, type Logger, type LogLevel, logLevels } from "./observe/logger.ts";
export { type LogRecord, MemoryLog } from "./observe/memory-log.ts";
export {
  EntityRegistry,
  type ClassQuery,
  type RegisterOptions,
  type Registration,
  type RegistryOptions,
} from "./registry/entity-registry.ts";
export { checkCommit, isStorageId } from "./storage/check-commit.ts";
export type { Commit, CommitConflict, CommitOutcome, EdgeChange, NewVersion, StaleParentPolicy } from "./storage/commit.ts";
export type { EntityStorage, ListQuery, Page, StorageCapabilities, StorageStatistics } from "./storage/entity-storage.ts";
export type { JsonValue, Payload } from "./storage/json.ts";
export type { StoredEdge, StoredVersion, VersionHeader } from "./storage/stored-version.ts";
export { EntityTracer, type OnThrow, type TraceOptions, type TracerOptions } from "./tracer/entity-tracer.ts";
export { traceSeverities, type TraceSeverity } from "./tracer/trace-severity.ts";
