/** What ends the command. Its message says in one line what is wrong. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** A command line that makes no sense; ends the command with exit code 2. */
export function usageError(message: string): CommandError {
  return new CommandError(`${message} (see --help)`, { exitCode: 2 });
}

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EISDIR: "it is a directory",
  ENOENT: "there is no such file",
  ENOTDIR: "a part of its path is no directory",
};

/** Reads a file, and says in one line why the system refused to. */
export async function reading<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const reason = systemReasons[code];
    throw reason === undefined ? cause : new CommandError(`Can't read ${path}: ${reason}`, { cause });
  }
}
