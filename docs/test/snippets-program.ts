import { join } from "node:path";
import { argv, chdir, stderr, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

// Runs the program of each directory there, and says on both outputs where it ends.
const [separator = "", ...directories] = argv.slice(2);
for (const directory of directories) {
  chdir(directory);
  try {
    await import(pathToFileURL(join(directory, "program.ts")).href);
  } catch (error) {
    stderr.write(inspect(error));
  }
  for (const output of [stdout, stderr]) output.write(separator);
}
