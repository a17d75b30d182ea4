import { type Contender, type Place, unsynced } from "./contender.ts";
import { measure } from "./measure.ts";

/** Who is to be measured, and where. */
export interface ContenderOrder {
  readonly contender: string;
  readonly place: Place;
}

const contenders: Readonly<Record<string, () => Promise<(place: Place) => Promise<Contender>>>> = {
  minference: async () => (await import("./minference.ts")).minference,
  [unsynced]: async () => (await import("./minference.ts")).minferenceUnsynced,
  "LangGraph updateState": async () => (await import("./langgraph.ts")).langGraph,
  "LangGraph saver.put": async () => (await import("./langgraph.ts")).langGraphSaver,
  MikroORM: async () => (await import("./mikro-orm.ts")).mikroOrm,
  "SQL by hand": async () => (await import("./by-hand.ts")).byHand,
};

/** All contenders by name, in the order they are shown. Whether a server waits for the disk is its own affair. */
export const contenderNames: Readonly<Record<Place["kind"], readonly string[]>> = {
  SQLite: Object.keys(contenders),
  Postgres: Object.keys(contenders).filter((name) => name !== unsynced),
};

if (process.send !== undefined) {
  process.once("message", async ({ contender, place }: ContenderOrder) => {
    const make = await contenders[contender]?.();
    if (make === undefined) throw new Error(`There is no contender ${contender}`);
    process.send?.(await measure(await make(place)));
    process.disconnect();
  });
}
