import { StorageError } from "@minference/ecs";

/** The parts of a Postgres address, for those who keep them apart; what is left out comes from the `PG…` environment variables. */
export interface PostgresAddress {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  /** Settings for TLS, as Node's `tls.connect` takes them; true for its defaults. */
  readonly ssl?: boolean | Readonly<Record<string, unknown>>;
}

/** How to connect, and a name for the server that is fit to be shown. */
export interface Connection {
  readonly config: { readonly connectionString: string } | PostgresAddress;
  readonly shown: string;
}

/**
 * Reads where a store is.
 *
 * @throws {StorageError} `invalid`, without the text that was given: it may hold a password
 */
export function readConnection(address: string | PostgresAddress): Connection {
  if (typeof address !== "string") return { config: { ...address }, shown: shown(address.host, address.port, address.database) };
  const url = /^postgres(?:ql)?:\/\//.test(address) && URL.canParse(address) ? new URL(address) : null;
  if (url === null) {
    throw new StorageError(
      "invalid",
      "A Postgres store is opened by a URL: postgres://user:password@host:port/database (or postgresql://…)",
    );
  }
  const port = url.port === "" ? undefined : Number(url.port);
  return { config: { connectionString: address }, shown: shown(url.hostname, port, url.pathname.slice(1)) };
}

function shown(host = "", port = 5432, database = ""): string {
  return `${host === "" ? "localhost" : host}:${port}${database === "" ? "" : `/${database}`}`;
}
