/** A statement with its arguments; named where it is worth being prepared. */
interface ConnectionQuery {
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

/** A connection that is ours until it is released. */
export interface PooledConnection {
  /** Whether statements can be sent before the ones before them are answered. */
  readonly pipeline?: boolean;
  /** Where a driver shows what it writes to, as pg does. */
  readonly connection?: { readonly stream?: { cork?(): void; uncork?(): void } };
  query(
    query: string | ConnectionQuery,
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly rowCount: number | null }>;
  /** @param broken - whether nobody should get it any more */
  release(broken?: boolean): void;
}

/** Connections to one database, as far as a store needs them; `Pool` of pg is one. */
export interface ConnectionPool {
  connect(): Promise<PooledConnection>;
  end(): Promise<void>;
}
