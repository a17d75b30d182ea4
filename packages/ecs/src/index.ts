export { backref, type Backref } from "./definition/backref.ts";
export { ref, type Ref } from "./definition/ref.ts";
export type { EntityDefinition, Upcast, UpcastStep } from "./definition/entity-definition.ts";
export type { FieldDefinition, FieldKind } from "./definition/field-definition.ts";
export type { FieldInput, Fields, FieldValue, Frozen, Input, Nested } from "./definition/field-types.ts";
export type { DiagramOptions } from "./diagram/mermaid-label.ts";
export { type GraphDiagramOptions, renderDependencyGraph } from "./diagram/render-dependency-graph.ts";
export { type LineageDiagramOptions, renderLineage } from "./diagram/render-lineage.ts";
export { Entity, type AnyEntityClass, type DefineOptions, type EntityClass } from "./entity/entity.ts";
export type { FieldModification, KeyOperation, Modification } from "./entity/modifications.ts";
export { type Conflict, ConflictError, type ConflictSides } from "./errors/conflict-error.ts";
export { EntityError, type EntityErrorCode, entityErrorCodes } from "./errors/entity-error.ts";
export { MergeError } from "./errors/merge-error.ts";
export { StorageError, type StorageErrorCode, storageErrorCodes } from "./errors/storage-error.ts";
export { EntityDependencyGraph, type GraphAccessors } from "./graph/entity-dependency-graph.ts";
export { entityGraph } from "./graph/entity-graph.ts";
export { uuidV7Source } from "./identity/uuid-v7.ts";
export type { Blame, FieldBlame, SlotBlame } from "./lineage/blame.ts";
export type { Lineage } from "./lineage/lineage.ts";
export { lineageTree, type LineageNode, type LineageTree } from "./lineage/lineage-tree.ts";
export type { ListChange } from "./lineage/list-changes.ts";
export type { ListOperation } from "./lineage/list-operations.ts";
export type { ReferenceChange, ValueChange, VersionDiff } from "./lineage/version-diff.ts";
export type { MergeConflict, ResolveConflict } from "./merge/merge-conflict.ts";
export type { FromJsonOptions } from "./json/read-entity-json.ts";
export { correlate, correlationId } from "./observe/correlation.ts";
export { lifeCycleChannel, type LifeCycleEvent } from "./observe/life-cycle.ts";
export { LeveledLogger, type LogFields, type Logger, type LogLevel, logLevels } from "./observe/logger.ts";
export { type LogRecord, MemoryLog } from "./observe/memory-log.ts";
export { EntityRegistry } from "./registry/entity-registry.ts";
export type { EntityQuery, FieldCondition, QueryField } from "./registry/entity-query.ts";
export type {
  ClassQuery,
  RefreshOptions,
  RegisterOptions,
  Registration,
  RegistryOptions,
  RegistryPrunePolicy,
  RegistryStatus,
} from "./registry/registry-options.ts";
export { checkCommit, checkTagName, isStorageId } from "./storage/check-commit.ts";
export { compareText } from "./storage/compare-text.ts";
export type { Commit, CommitConflict, CommitOutcome, EdgeChange, NewVersion, StaleParentPolicy } from "./storage/commit.ts";
export { checkLimit, checkPage, checkTime } from "./storage/check-query.ts";
export type { Damage, DamageKind } from "./storage/damage.ts";
export { pagesOf } from "./storage/pages-of.ts";
export type { EntityStorage, ListQuery, Page, ReferrerQuery, StorageCapabilities, StorageStatistics } from "./storage/entity-storage.ts";
export { exportHistory } from "./storage/export-history.ts";
export {
  checkFieldQuery,
  type FieldCursor,
  fieldCursorText,
  type FieldFilter,
  type FieldKey,
  fieldKey,
  type FieldOrder,
  matchesFilters,
  pageByField,
  readFieldCursor,
} from "./storage/field-query.ts";
export { importHistory, type ImportReport } from "./storage/import-history.ts";
export type { JsonValue, Payload } from "./storage/json.ts";
export { payloadText } from "./storage/payload-text.ts";
export { checkPrunePolicy, type PrunePolicy, type PruneReport, type Tag } from "./storage/retention.ts";
export type { CommitHeader, StoredChange, StoredEdge, StoredVersion, VersionHeader } from "./storage/stored-version.ts";
export { EntityTracer, type OnThrow, type TraceOptions, type TracerOptions } from "./tracer/entity-tracer.ts";
export { traceSeverities, type TraceSeverity } from "./tracer/trace-severity.ts";
