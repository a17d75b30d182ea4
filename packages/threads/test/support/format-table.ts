import { providerNames } from "@minference/clients";
import { formatSupport, responseFormats } from "../../src/index.ts";

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Writes what each provider does for each response format as a table of the README, with the reasons for what it can't. */
export function formatTable(): string {
  const refusals = new Set<string>();
  const rows = responseFormats.map((format) => {
    const cells = providerNames.map((provider) => {
      const support = formatSupport(provider, format);
      if ("how" in support) return support.reasonerRefusal === null ? support.how : `${support.how} †`;
      refusals.add(`- ${support.refusal}`);
      return "no";
    });
    return line([`\`${format}\``, ...cells]);
  });
  const header = [line(["format", ...providerNames]), line(["---", ...providerNames.map(() => "---")])];
  return `${[...header, ...rows, "", ...refusals].join("\n")}\n`;
}
