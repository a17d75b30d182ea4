import { createHash } from "node:crypto";

/** The longest name that Postgres takes, in bytes. */
const longest = 63;

/**
 * Gives names that SQL tells apart: in lower case, with underscores, of 63 bytes at most. What can't have its name, because that is taken
 * or too long, gets a part of its hash behind it, so that it is called the same whenever it is named first.
 */
export class SqlNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** Names something after a class or field, behind which a suffix may follow. */
  take(text: string, suffix = ""): string {
    const plain = snakeCase(text) + suffix;
    const name = this.#isFree(plain) ? plain : this.#hashed(plain, `${text}${suffix}`);
    this.#taken.add(name);
    return name;
  }

  #isFree(name: string): boolean {
    return name !== "" && Buffer.byteLength(name) <= longest && !/^(?:sqlite_|pg_|minference_)/.test(name) && !this.#taken.has(name);
  }

  #hashed(plain: string, text: string): string {
    for (let round = 0; ; round += 1) {
      const hash = createHash("sha256").update(`${text}\n${round}`).digest("hex").slice(0, 8);
      const name = `${shortened(plain.replace(/^(?:sqlite_|pg_|minference_)/, ""), longest - 9)}_${hash}`;
      if (this.#isFree(name)) return name;
    }
  }
}

/** Writes `chatThreadId` and `LLMConfig` as `chat_thread_id` and `llm_config`. */
function snakeCase(text: string): string {
  return text
    .replaceAll(/([\p{Lu}]+)([\p{Lu}][\p{Ll}])/gu, "$1_$2")
    .replaceAll(/([\p{Ll}\d])([\p{Lu}])/gu, "$1_$2")
    .toLowerCase();
}

function shortened(text: string, bytes: number): string {
  let short = "";
  for (const character of text) {
    if (Buffer.byteLength(short + character) > bytes) return short;
    short += character;
  }
  return short;
}

/** Writes a name so that SQL takes it as one, whatever stands in it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a text so that SQL takes it as one, whatever stands in it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
