import type pg from "pg";

/** Sends a query, given as the driver takes it, to the server. */
export type SendQuery = (query: readonly unknown[]) => Promise<unknown>;

/** Has all queries of a connection go through a function, which may send them on. */
export function interceptQueries(client: pg.ClientBase, intercept: (query: readonly unknown[], send: SendQuery) => Promise<unknown>): void {
  const send = senderOf(client);
  Reflect.set(client, "query", (...query: readonly unknown[]) => intercept(query, send));
}

/** Sends queries by a connection as it is now. */
export function senderOf(client: pg.ClientBase): SendQuery {
  const original: unknown = Reflect.get(client, "query");
  return async (query) => {
    if (typeof original !== "function") throw new TypeError("A client has no query");
    return Reflect.apply(original, client, query);
  };
}
