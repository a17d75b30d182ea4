import { main } from "./cli/main.ts";

const { argv, stderr, stdout } = process;
process.exitCode = await main(argv.slice(2), { stdout, stderr });
