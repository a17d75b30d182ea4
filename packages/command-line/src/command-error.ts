/** What ends a command. Its message says in one line what is wrong and, where the user can put that right, what to do. */
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
