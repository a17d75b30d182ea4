import type { Damage } from "@minference/ecs";
import type { Reader } from "../query/in-turns.ts";
import type { Work } from "../query/work.ts";
import { countSame, readCatalog, statement, type StoredTable } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";
import { columnNames, expectedRows } from "./table-sql.ts";

const window = 1_000;

interface OddRow {
  readonly vid: number;
  readonly id: string | null;
}

/**
 * Compares typed tables with the payloads they come from, some hundred versions at a time, until so many rows are found that differ. A table
 * that is migrated meanwhile is looked at anew.
 */
export async function verifyTables(dialect: TableDialect, read: Reader, most: number): Promise<Damage[]> {
  const found: Damage[] = [];
  const waiting = [...(await read(() => readCatalog(dialect)))];
  for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
    if (table.filling !== null) continue;
    const odd = await verifyTable(dialect, read, table, most - found.length);
    if (odd === null) {
      const { family, kind } = table.mapping;
      const now = await read(() => readCatalog(dialect));
      waiting.push(...now.filter(({ mapping }) => mapping.family === family && mapping.kind === kind));
    } else found.push(...odd);
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}

/** Compares one table; null where it was changed or taken away meanwhile. */
async function verifyTable(dialect: TableDialect, read: Reader, table: StoredTable, most: number): Promise<Damage[] | null> {
  const found: Damage[] = [];
  const sql = compareRows(dialect, table);
  const isSame = async (): Promise<boolean> => {
    const [count] = await read(() => statement<{ same: number }>(`select (${countSame(dialect, table)}) as same`));
    return count?.same === 1;
  };
  try {
    const last = await read(() => lastId(dialect, table.name));
    for (let above = 0; above <= last && found.length < most; above += window) {
      const upTo = above + window > last ? Number.MAX_SAFE_INTEGER : above + window;
      const rows = await read(() => statement<OddRow>(sql, [above, upTo]));
      if (!(await isSame())) return null;
      for (const { vid, id } of rows) found.push(describe(table.name, vid, id));
    }
  } catch (error) {
    // What the statement mentions is gone.
    if (await isSame()) throw error;
    return null;
  }
  return found;
}

function* lastId({ relation }: TableDialect, name: string): Work<number> {
  const tables = [relation("version"), relation(name)].map((each) => `coalesce((select max(vid) from ${each}), 0) as last`);
  const rows = yield* statement<{ last: number }>(tables.map((each) => `select ${each}`).join(" union all "));
  return Math.max(...rows.map(({ last }) => last));
}

function within(row: string): string {
  return `${row}.vid > (select above from bounds) and ${row}.vid <= (select up_to from bounds)`;
}

function compareRows(dialect: TableDialect, { mapping, name }: StoredTable): string {
  const { relation, parameter, types } = dialect;
  const [above, upTo] = [1, 2].map((place) => `cast(${parameter(place)} as ${types.integer})`);
  const columns = columnNames(mapping).join(", ");
  const expected = mapping.classes.map((each) =>
    expectedRows(dialect, mapping, each, {
      row: "v",
      from: `${relation("version")} as v ${dialect.joinEach("chain", "c", "c.id = v.chain")}`,
      where: within("v"),
    }),
  );
  return `with bounds(above, up_to) as (select ${above}, ${upTo}),
    expected(${columns}) as (${expected.join("\nunion all\n")}),
    actual(${columns}) as (select ${columns} from ${relation(name)} as t where ${within("t")})
    select odd.vid, ${dialect.uuid("o.ecs_id")} as id from (
      select vid from (select * from expected except select * from actual) as missing
      union select vid from (select * from actual except select * from expected) as excess
    ) as odd left join ${relation("version")} as o on o.vid = odd.vid order by odd.vid limit 1000`;
}

function describe(table: string, vid: number, id: string | null): Damage {
  const ecsId = id === null || id === "" || id.startsWith("-") ? null : id;
  const what = `its row in the typed table ${table} is not what its payload says`;
  if (ecsId !== null) return { kind: "typed_row", ecsId, message: `Version ${ecsId}: ${what}` };
  return { kind: "typed_row", ecsId, message: `Version with row id ${vid}: the typed table ${table} has a row of it, but it is gone` };
}
