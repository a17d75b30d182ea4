import { enableCompileCache } from "node:module";

// It works for what is loaded after it only.
enableCompileCache();
const { goOnUnread } = await import("@minference/command-line");
const { catalogue } = await import("./catalogue.ts");

const { argv, env, stderr, stdout } = process;
goOnUnread("example", process);
const [name = "", ...options] = argv.slice(2);
const entry = catalogue.get(name);
const unknown = options.find((option) => option !== "--simulate");
const usage = `pnpm example NAME [--simulate]\n\n${Array.from(catalogue, ([each, { about }]) => `  ${each.padEnd(20)}${about}\n`).join("")}`;

if ([name, ...options].some((word) => word === "--help" || word === "-h")) {
  stdout.write(usage);
} else if (name === "") {
  stderr.write(usage);
} else if (entry === undefined || unknown !== undefined) {
  const wrong = entry === undefined ? `There is no example ${JSON.stringify(name)}` : `There is no option ${JSON.stringify(unknown)}`;
  stderr.write(`${wrong}\n\n${usage}`);
  process.exitCode = 2;
} else {
  const { runExample } = await import("./setting/run-example.ts");
  const { isExplained } = await import("./setting/is-explained.ts");
  try {
    process.exitCode = await runExample((await entry.load()).example, {
      environment: options.includes("--simulate") ? {} : env,
      print: (line) => stdout.write(`${line}\n`),
      note: (line) => stderr.write(`${line}\n`),
    });
  } catch (error) {
    if (!isExplained(error)) throw error;
    stderr.write(`${name}: ${error.message.replace(/\s*\n\s*/g, " ")}\n`);
    process.exitCode = 1;
  }
}
