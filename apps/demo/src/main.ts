import { enableCompileCache } from "node:module";

// Halves the time to start; it works for what is loaded after it only.
enableCompileCache();
const { systemClock } = await import("@minference/clients");
const { main } = await import("./cli/main.ts");
const { stopSignal } = await import("./cli/stop-signal.ts");

const { argv, env, stderr, stdout } = process;

stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const stop = stopSignal(process, systemClock);
process.exitCode = await main(argv.slice(2), { environment: env, stdout, stderr, signal: stop.signal, clock: systemClock });
stop.release();
