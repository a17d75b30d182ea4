import { CompiledQuery, type Kysely } from "kysely";
import type { ConnectionPool, PooledConnection } from "../query/connection-pool.ts";

/** The connections of somebody's Kysely instance, which gives its only one out in turns where it has but one. */
export class KyselyPool implements ConnectionPool {
  readonly #kysely: Kysely<unknown>;
  readonly #owned: boolean;

  /** @param owned - whether to destroy the instance at the end */
  constructor(kysely: Kysely<unknown>, owned: boolean) {
    this.#kysely = kysely;
    this.#owned = owned;
  }

  async connect(): Promise<PooledConnection> {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const connected = Promise.withResolvers<PooledConnection>();
    const held = this.#kysely.connection().execute(async (connection) => {
      connected.resolve({
        async query(query) {
          const { text, values = [] } = typeof query === "string" ? { text: query } : query;
          const { rows, numAffectedRows } = await connection.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, values));
          return { rows, rowCount: numAffectedRows === undefined ? null : Number(numAffectedRows) };
        },
        release: () => release(),
      });
      await released;
    });
    held.catch(connected.reject);
    return connected.promise;
  }

  async end(): Promise<void> {
    if (this.#owned) await this.#kysely.destroy();
  }
}
