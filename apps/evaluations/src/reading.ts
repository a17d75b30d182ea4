import { CommandError, systemReason } from "@minference/command-line";

/** Reads a file, and says in one line why the system refused to. */
export async function reading<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const refused = cause instanceof Error && "syscall" in cause;
    throw refused ? new CommandError(`Can't read ${path}: ${systemReason(cause)}`, { cause }) : cause;
  }
}
