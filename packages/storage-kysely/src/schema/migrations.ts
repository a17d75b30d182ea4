import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import type { SchemaDialect } from "./schema-dialect.ts";
import type { Tables } from "./tables.ts";

/** Where migrations are noted; named so that an application's own migrations in the same database are left alone. */
export const migrationTable = "minference_migration";

/** Every migration of the store's tables, by name, in order. A released one never changes; there is no way back. */
export function storeMigrations(dialect: SchemaDialect): Record<string, Migration> {
  return {
    "001_versions": { up: (db) => createVersions(db, dialect) },
    "002_retention": { up: (db) => addRetention(db, dialect) },
    "003_leaves": { up: (db) => markLeaves(db, dialect) },
    "004_typed_tables": { up: (db) => addTypedTables(db, dialect) },
    "005_light_writes": { up: (db) => lightenWrites(db, dialect) },
    "006_lookups": { up: (db) => addLookups(db, dialect) },
  };
}

/** Finds what was merged from a version, and the edges of a position faster. */
async function addLookups(db: Kysely<unknown>, { wholeEdges }: SchemaDialect): Promise<void> {
  const index = db.schema.createIndex("version_merge_parent").on("version").column("merge_parent_vid");
  await index.where(sql.ref("merge_parent_vid"), "is not", null).execute();
  for (const statement of wholeEdges) await statement.execute(db);
}

/** See docs/decisions/postgres-writes.md: writers look up what they refer to in the transaction that stores it. */
async function lightenWrites(db: Kysely<unknown>, { lightWrites }: SchemaDialect): Promise<void> {
  for (const statement of lightWrites) await statement.execute(db);
}

/** Tells versions without edges apart, whose edges need not be looked for. */
async function markLeaves(db: Kysely<unknown>, { types }: SchemaDialect): Promise<void> {
  await db.schema.alterTable("version").addColumn("holds_nothing", types.integer).execute();
}

/** Notes which typed tables there are, how they are mapped, and how far those are filled that are not whole yet. */
async function addTypedTables({ schema }: Kysely<unknown>, { types, keyedTable }: SchemaDialect): Promise<void> {
  await schema
    .createTable("typed_table")
    .addColumn("name", types.text, (column) => column.primaryKey())
    .addColumn("generation", types.integer, (column) => column.notNull())
    .addColumn("mapping", types.text, (column) => column.notNull())
    .addColumn("filled", types.id)
    .addColumn("until", types.id)
    .addCheckConstraint("typed_table_filling", sql`(filled is null) = (until is null)`)
    .modifyEnd(keyedTable)
    .execute();
}

/** Finds who holds a version and what branches from it; checksums, names that keep versions, and lineages that were redacted. */
async function addRetention(db: Kysely<unknown>, { types, keyedTable }: SchemaDialect): Promise<void> {
  const { schema } = db;
  await schema.createIndex("edge_child").on("edge").column("child_vid").execute();
  await schema
    .createIndex("chain_fork_point")
    .on("chain")
    .columns(["parent_chain", "fork_seq"])
    .where(sql.ref("parent_chain"), "is not", null)
    .execute();
  // Finds who shares a payload.
  await schema.createIndex("version_payload").on("version").column("payload_of").where("payload_of", "is not", null).execute();
  await schema.alterTable("version").addColumn("checksum", types.integer).execute();
  await schema.alterTable("chain").addColumn("redacted", types.integer).execute();
  await schema
    .createTable("tag")
    .addColumn("name", types.text, (column) => column.primaryKey())
    .addColumn("vid", types.id, (column) => column.notNull().references("version.vid"))
    .modifyEnd(keyedTable)
    .execute();
  await schema.createIndex("tag_version").on("tag").column("vid").execute();
}

async function createVersions(db: Kysely<unknown>, dialect: SchemaDialect): Promise<void> {
  const { types, table, keyedTable, rowIds } = dialect;
  const { schema } = db;
  if (rowIds !== null) await sql`${rowIds}`.execute(db);
  await schema
    .createTable("commit")
    .addColumn("id", types.id, (column) => column.primaryKey())
    .addColumn("uuid", types.uuid, (column) => column.notNull().unique())
    .addColumn("created_at", types.instant, (column) => column.notNull())
    .addColumn("actor", types.text)
    .addColumn("message", types.text)
    .addColumn("idempotency_key", types.text)
    .modifyEnd(table)
    .execute();
  await schema
    .createIndex("commit_idempotency_key")
    .on("commit")
    .column("idempotency_key")
    .unique()
    .where("idempotency_key", "is not", null)
    .execute();
  await schema
    .createTable("chain")
    .addColumn("id", types.id, (column) => column.primaryKey())
    .addColumn("lineage_id", types.uuid, (column) => column.notNull())
    .addColumn("type", types.text, (column) => column.notNull())
    .addColumn("parent_chain", types.id)
    .addColumn("fork_seq", types.integer)
    .addCheckConstraint("chain_fork", sql`(parent_chain is null) = (fork_seq is null)`)
    .modifyEnd(table)
    .execute();
  // Finds the chains of a lineage, and holds it to a single first one: only its branches have keys of their own.
  await schema
    .createIndex("chain_lineage")
    .on("chain")
    .expression(sql`lineage_id, (case when parent_chain is null then 0 else id end)`)
    .unique()
    .execute();
  await schema.createIndex("chain_type").on("chain").columns(["type", "id"]).execute();
  await schema
    .createTable("version")
    .addColumn("vid", types.id, (column) => column.primaryKey())
    .addColumn("ecs_id", types.uuid, (column) => column.notNull().unique())
    .addColumn("chain", types.id, (column) => column.notNull().references("chain.id"))
    .addColumn("seq", types.integer, (column) => column.notNull())
    .addColumn("parent_vid", types.id)
    .addColumn("merge_parent_vid", types.id)
    .addColumn("commit_id", types.id, (column) => column.notNull().references("commit.id"))
    .addColumn("schema_version", types.integer, (column) => column.notNull())
    .addColumn("payload", types.json)
    .addColumn("payload_of", types.id)
    .addUniqueConstraint("version_position", ["chain", "seq"])
    .addCheckConstraint("version_payload", sql`(payload is null) = (payload_of is not null)`)
    .modifyEnd(table)
    .execute();
  await schema
    .createTable("edge")
    .addColumn("chain", types.id, (column) => column.notNull().references("chain.id"))
    .addColumn("field", types.text, (column) => column.notNull())
    .addColumn("slot", types.text, (column) => column.notNull())
    .addColumn("from_seq", types.integer, (column) => column.notNull())
    .addColumn("to_seq", types.integer)
    .addColumn("child_vid", types.id, (column) => column.references("version.vid"))
    .addPrimaryKeyConstraint("edge_range", ["chain", "field", "slot", "from_seq"])
    .addCheckConstraint("edge_order", sql`to_seq >= from_seq`)
    .modifyEnd(keyedTable)
    .execute();
  // Every range is in one of these: a position is found among what is open since, and what ended after.
  await schema.createIndex("edge_open").on("edge").columns(["chain", "from_seq"]).where(sql.ref("to_seq"), "is", null).execute();
  await schema.createIndex("edge_ended").on("edge").columns(["chain", "to_seq"]).where(sql.ref("to_seq"), "is not", null).execute();
  await createReadableView(db, dialect);
}

/** For people at a prompt: ids as text, one row a version. */
async function createReadableView(db: Kysely<unknown>, dialect: SchemaDialect): Promise<void> {
  const tables = db.withTables<Pick<Tables, keyof Tables>>();
  const uuid = (column: string) => dialect.showUuid(sql.ref(column));
  await db.schema
    .createView("readable_version")
    .as(
      tables
        .selectFrom("version as v")
        .innerJoin("chain as c", "c.id", "v.chain")
        .innerJoin("commit as k", "k.id", "v.commit_id")
        .leftJoin("version as p", "p.vid", "v.parent_vid")
        .leftJoin("version as s", "s.vid", "v.payload_of")
        .select((eb) => [
          uuid("v.ecs_id").as("ecs_id"),
          "c.type",
          uuid("c.lineage_id").as("lineage_id"),
          uuid("p.ecs_id").as("parent_id"),
          "v.chain",
          "v.seq",
          eb.fn.coalesce("v.payload", "s.payload").as("payload"),
          dialect.showInstant(sql.ref("k.created_at")).as("created_at"),
          "k.actor",
          "k.message",
          "v.vid",
        ]),
    )
    .execute();
}
