import { goOnUnread } from "@minference/command-line";
import { main } from "./cli/main.ts";

const { argv, stderr, stdout } = process;
goOnUnread("evaluate", process);
process.exitCode = await main(argv.slice(2), { stdout, stderr });
