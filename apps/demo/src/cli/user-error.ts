/** Something the user can put right. Its message is one line that says what is wrong and what to do. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: number;

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** A command line that can't be understood; ends the program with exit code 2. */
export function usageError(message: string): UserError {
  return new UserError(`${message} (see --help)`, { exitCode: 2 });
}

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EISDIR: "it is a directory",
  ENOENT: "there is no such file",
  ENOTDIR: "a part of its path is no directory",
  EADDRINUSE: "the port is in use",
  ENOSPC: "no space is left",
};

/** Says in words why the system refused something. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return systemReasons[code] ?? error.message;
}
