/** Says that a typed table takes no row of a version, and what to do; `rule` is what the database calls the rule that was broken. */
export function refusedRow(rule: string): string {
  return `a version does not fit its typed table (${rule}): if its class has changed, bring the table up to date with \`minference-storage migrate --entities MODULE\``;
}
