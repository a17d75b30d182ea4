import { type RawBuilder, sql } from "kysely";
import { payloadChecksum } from "../commit/payload-checksum.ts";
import { argument } from "../query/sql-argument.ts";
import { compileRaw } from "../query/compile-raw.ts";
import type { SqlDialect } from "../query/dialect.ts";
import type { Query } from "../query/work.ts";

interface Naming {
  readonly name: string;
  readonly ecsIds: readonly string[];
}

interface NamesFrom {
  readonly after: string;
  readonly limit: number;
}

/** The statements that name versions and take contents away. */
export interface RetentionStatements {
  /** Gives a version a name; gives no row when it is not stored. */
  readonly tag: Query<Naming, { readonly vid: number }>;
  readonly untag: Query<string, unknown>;
  readonly tags: Query<NamesFrom, { readonly name: string; readonly id: string }>;
  readonly redactChains: Query<readonly string[], unknown>;
  readonly redactPayloads: Query<readonly string[], unknown>;
  readonly redactEdges: Query<readonly string[], unknown>;
  readonly countVersions: Query<readonly string[], { readonly versions: number }>;
  /** Empty the tables, each after those that refer to it. */
  readonly clearTables: readonly Query<undefined, unknown>[];
}

/** Compiles the statements that name versions and take contents away. */
export function retentionStatements(dialect: SqlDialect): RetentionStatements {
  const [tag, version, chain, edge] = (["tag", "version", "chain", "edge"] as const).map((name) => dialect.table(name));
  const ofLineage = dialect.isAmong("lineage_id", "uuid", (ids: readonly string[]) => ids);
  const chains = sql`(select id from ${chain} where ${ofLineage})`;
  return {
    tag: compileRaw(
      dialect,
      "tag",
      sql<{ vid: number }>`
        insert into ${tag} (name, vid)
        select ${text(({ name }: Naming) => name)}, vid from ${version} where ${dialect.isAmong("ecs_id", "uuid", ({ ecsIds }: Naming) => ecsIds)}
        on conflict (name) do update set vid = excluded.vid returning vid`,
    ),
    untag: compileRaw(dialect, "untag", sql`delete from ${tag} where name = ${text((given: string) => given)}`),
    tags: compileRaw(
      dialect,
      "tags",
      sql<{ name: string; id: string }>`
        select t.name, ${dialect.uuidText(sql.ref("v.ecs_id"))} as id from ${tag} as t join ${version} as v on v.vid = t.vid
        where t.name > ${text(({ after }: NamesFrom) => after)} order by t.name limit ${argument(({ limit }: NamesFrom) => limit)}`,
    ),
    redactChains: compileRaw(dialect, "redact_chains", sql`update ${chain} set redacted = 1 where ${ofLineage}`),
    redactPayloads: compileRaw(
      dialect,
      "redact_payloads",
      sql`update ${version} set payload = '{}', checksum = ${sql.lit(payloadChecksum("{}"))} where payload is not null and chain in ${chains}`,
    ),
    redactEdges: compileRaw(dialect, "redact_edges", sql`delete from ${edge} where chain in ${chains}`),
    countVersions: compileRaw(
      dialect,
      "count_versions",
      sql<{ versions: number }>`select count(*) as versions from ${version} where chain in ${chains}`,
    ),
    clearTables: (["edge", "tag", "version", "chain", "commit"] as const).map((name) =>
      compileRaw(dialect, `clear_${name}`, sql`delete from ${dialect.table(name)}`),
    ),
  };
}

function text(pick: (values: never) => string): RawBuilder<string> {
  return sql`cast(${argument(pick)} as text)`;
}
