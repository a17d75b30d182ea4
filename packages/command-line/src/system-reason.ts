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
