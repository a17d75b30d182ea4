import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";

/** A user other than root, by number. */
export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
}

const run = promisify(execFile);

/**
 * Picks the user that Postgres runs as, since it refuses to run as root: `null` for this process's own, else `postgres` where there is one, else
 * `nobody`. Nothing on the machine is changed for it.
 */
export async function unprivilegedUser(): Promise<UnprivilegedUser | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all(["-u", "-g"].map(async (flag) => Number((await run("id", [flag, name])).stdout)));
      if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
    } catch {
      // There is no such user: try the next.
    }
  }
  throw new Error("Postgres does not run as root, and this machine has neither a user postgres nor nobody to run it as");
}

/** Tells whether every user can reach what is in a directory. */
export async function isReachable(directory: string): Promise<boolean> {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
