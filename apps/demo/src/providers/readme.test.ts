import { readFileSync } from "node:fs";
import { configFromEnvironment, providerNames } from "@minference/clients";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const section = readme.slice(readme.indexOf("What is read of the environment"), readme.indexOf("## Problems"));
const namesIn = (text: string): string[] => Array.from(text.matchAll(/`([A-Z]+(?:_[A-Z]+)+|[a-z]+_proxy)`/g), ([, name = ""]) => name);
const rows = Array.from(section.matchAll(/^\| `(\w+)` +\|(.*)$/gm), ([, provider = "", row = ""]) => ({ provider, names: namesIn(row) }));

it("the README tells of every variable that is read", () => {
  const read = new Set<string>();
  const set = new Proxy<Record<string, string>>({}, { get: (_, name) => (read.add(String(name)), "set") });
  configFromEnvironment(set);
  expect(new Set(namesIn(section))).toEqual(read);
});

it.each(rows)("the README tells what $provider needs", ({ names, provider }) => {
  const found = configFromEnvironment(Object.fromEntries(names.map((name) => [name, "set"])));
  expect(found.map((config) => config.provider)).toEqual([provider]);
});

it("the README tells of every provider", () => {
  expect(rows.map(({ provider }) => provider).toSorted()).toEqual(providerNames.toSorted());
});
