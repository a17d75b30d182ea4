import pg from "pg";

/** Reads row ids as numbers, since they are far below what a number holds exactly, and leaves payloads as text, as everywhere in this package. */
export function typeParsers(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  types.setTypeParser(pg.types.builtins.JSON, String);
  return types;
}
