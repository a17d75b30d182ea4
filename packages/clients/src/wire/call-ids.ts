import { createHash } from "node:crypto";

/**
 * Gives each call of one answer an id of its own: some servers repeat ids, or give empty ones, and results could not be told apart. Ids that
 * are fine stay.
 */
export class CallIds {
  readonly #taken = new Set<string>();
  /** The latest number that an id which came again was given. */
  readonly #numbers = new Map<string, number>();

  /** The id of the next call. */
  next(given: string | null | undefined): string {
    const wanted = given == null || given === "" ? `call_${this.#taken.size}` : given;
    let number = this.#numbers.get(wanted) ?? 1;
    let id = number === 1 ? wanted : `${wanted}_${number}`;
    for (; this.#taken.has(id); id = `${wanted}_${number}`) number += 1;
    this.#numbers.set(wanted, number);
    this.#taken.add(id);
    return id;
  }
}

/** An id as a provider takes it: as it is where it may be, else made of its letters and a hash, the same for a call and its result. */
export function acceptedId(id: string, longest: number): string {
  if (id.length <= longest && /^[A-Za-z0-9_-]+$/.test(id)) return id;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, 8);
  return `${id.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, longest - 9)}_${hash}`;
}
