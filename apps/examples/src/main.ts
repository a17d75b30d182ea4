import { enableCompileCache } from "node:module";

// It works for what is loaded after it only.
enableCompileCache();
const { catalogue } = await import("./catalogue.ts");

const { argv, env, stderr, stdout } = process;
const [name = "", ...options] = argv.slice(2);
const entry = catalogue.get(name);
if (entry === undefined || options.some((option) => option !== "--simulate")) {
  const names = Array.from(catalogue, ([each, { about }]) => `  ${each.padEnd(20)}${about}\n`);
  stderr.write(`pnpm example NAME [--simulate]\n\n${names.join("")}`);
  process.exitCode = name === "" ? 0 : 2;
} else {
  const { runExample } = await import("./setting/run-example.ts");
  await runExample((await entry.load()).example, {
    environment: options.includes("--simulate") ? {} : env,
    print: (line) => stdout.write(`${line}\n`),
    note: (line) => stderr.write(`${line}\n`),
  });
}
