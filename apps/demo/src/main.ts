import { enableCompileCache } from "node:module";
import { clearTimeout, setTimeout } from "node:timers";

// Halves the time to start; it works for what is loaded after it only.
enableCompileCache();
const { main } = await import("./cli/main.ts");
const { stopSignal } = await import("./cli/stop-signal.ts");
const { systemReason } = await import("@minference/command-line");

const { argv, env, stderr, stdout } = process;

// Where nobody reads any more, or the disk is full, results have no other use; but a run goes on without its progress being seen.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  stderr.write(`demo: Can't write the output: ${systemReason(error)}\n`);
  process.exit(1);
});
stderr.on("error", () => {});

const stop = stopSignal(process, (ms, ring) => {
  const timer = setTimeout(ring, ms);
  return () => clearTimeout(timer);
});
process.exitCode = await main(argv.slice(2), { environment: env, stdout, stderr, signal: stop.signal });
stop.release();
