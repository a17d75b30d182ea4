// @vitest-environment jsdom
import fc from "fast-check";
import mermaid from "mermaid";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityDependencyGraph, entityGraph, EntityRegistry, ref, renderDependencyGraph, renderLineage } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Part extends Entity.define("Part", {
  name: z.string(),
  get parts() {
    return z.array(ref(() => Part)).default([]);
  },
}) {}

const hostile = [
  `say "hi"`,
  `"] --> x["`,
  "a[b](c){d}<e>|f|",
  "%% no comment",
  "%%{init: {'theme':'dark'}}%%",
  "end",
  "subgraph x",
  "click n1 callback",
  'click v1 href "javascript:alert(1)"',
  "style v1 fill:#f9f,stroke:#333;",
  "classDef x fill:#f9f;",
  "<b>bold</b><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "one\ntwo\n",
  "a\\nb",
  "1. list",
  "- list",
  "# heading",
  "*em* _em_ ~~no~~",
  "`**markdown**`",
  "#quot; #35; &amp; &lt;",
  "fa:fa-twitter mdi:x",
  "$$x^2$$",
  "https://example.com/?a=b",
  "👩‍👩‍👧 emoji 🎉",
  "\u202Eright to left\u202C \u200F",
  "مرحبا עברית",
  "  spaces   inside  ",
  "\tTab",
  ";;; --- ===",
  "@{ shape: rounded }",
  "v1:::head",
  "\u2028line\u2029",
  "__proto__",
  " ",
];

/** Draws with the real thing, and reads what stands in the boxes. */
async function drawnLabels(diagram: string): Promise<string[]> {
  expect(await mermaid.parse(diagram)).toMatchObject({ diagramType: "flowchart-v2" });
  const { svg } = await mermaid.render("diagram", diagram);
  return Array.from(svg.matchAll(/<span class="nodeLabel[^>]*>(.*?)<\/span>/gs), ([, html = ""]) => textOf(html));
}

function textOf(html: string): string {
  const codes: Record<string, string> = { lt: "<", gt: ">", amp: "&", nbsp: "\u00A0" };
  return html.replace(/^<p>|<\/p>$/g, "").replace(/&(\w+);/g, (_, name: string) => codes[name] ?? `?${name}?`);
}

function graphOf(labels: readonly string[]): EntityDependencyGraph<number> {
  const graph = new EntityDependencyGraph<number>();
  for (const index of labels.keys()) graph.add(index, index === 0 ? [] : [index - 1]);
  return graph;
}

beforeAll(() => {
  // The page of the test has no layout: all text measures the same.
  const element: unknown = Reflect.get(globalThis, "SVGElement");
  if (typeof element !== "function") throw new Error("no page");
  const box = { x: 0, y: 0, width: 100, height: 20 };
  Object.assign(element.prototype, { getBBox: () => box, getComputedTextLength: () => box.width });
  mermaid.initialize({ startOnLoad: false });
});

describe("labels of diagrams", () => {
  it("come back from mermaid as they were given", async () => {
    const diagram = renderDependencyGraph(graphOf(hostile), { label: (node) => hostile[node] ?? "" });
    expect(await drawnLabels(diagram)).toEqual(hostile);
  });

  it.each([
    ["what mermaid's drawings stand for entity codes", "ﬂ°°34¶ß ﬂ°quot¶ß", "ﬂ\u2060°°34¶\u2060ß ﬂ\u2060°quot¶\u2060ß"],
    ["line ends", "one\r\ntwo\rthree", "one\ntwo\nthree"],
    ["control characters and half characters", "a\u0000b\u001B[31m\u0080\uD800c", "a\uFFFDb\uFFFD[31m\uFFFD\uFFFDc"],
    ["nothing", "", " "],
  ])("change %s as little as they have to", async (_, label, drawn) => {
    expect(await drawnLabels(renderDependencyGraph(graphOf([label]), { label: () => label }))).toEqual([drawn]);
  });

  it("come back for random text", async () => {
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
      fc.constantFrom(...Array.from("\"[](){}<>|#;&%`*_-.:/\\@ \n'$=~^!")),
      fc.constantFrom("end", "#quot;", "%%", "<br>", ""),
    );
    const text = fc.array(unit, { minLength: 1, maxLength: 24 }).map((units) => units.join(""));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 10, maxLength: 10 }), async (labels) => {
        const graph = new EntityDependencyGraph<number>();
        for (const index of labels.keys()) graph.add(index);
        const expected = labels.map(
          (label) =>
            label
              .toWellFormed()
              .replaceAll(/[^\P{Cc}\t\n\r]/gu, "\uFFFD")
              .replaceAll(/\r\n?/g, "\n") || " ",
        );
        const drawn = await drawnLabels(renderDependencyGraph(graph, { label: (node) => labels[node] ?? "", labelLength: 150 }));
        expect(drawn).toEqual(expected);
      }),
      { numRuns: 7 },
    );
  });

  it("are cut to a given length, by whole characters", async () => {
    const long = "🎉".repeat(1_000_000);
    const drawn = async (options: { labelLength?: number }): Promise<string[]> =>
      drawnLabels(renderDependencyGraph(graphOf(["x"]), { ...options, label: () => long }));
    expect(await drawn({})).toEqual([`${"🎉".repeat(39)}…`]);
    expect(await drawn({ labelLength: 3 })).toEqual(["🎉🎉…"]);
    expect(await drawn({ labelLength: 1 })).toEqual(["…"]);
    expect(await drawnLabels(renderDependencyGraph(graphOf(["x"]), { labelLength: 3, label: () => "abc" }))).toEqual(["abc"]);
    for (const labelLength of [0, -1, 1.5, Number.NaN]) {
      expect(() => renderDependencyGraph(graphOf(["x"]), { labelLength })).toThrow("labelLength");
    }
  });
});

/** What mermaid draws: arrows by the names of their ends, dotted ones marked, and the boxes of a class. */
async function drawing(diagram: string, marked: string): Promise<{ arrows: string[]; boxes: string[] }> {
  const { svg } = await mermaid.render("diagram", diagram);
  const arrows = Array.from(svg.matchAll(/<path [^>]*class="([^"]*)"[^>]*data-id="L_(\w+?)_(\w+?)_\d+"/g), ([, style = "", from, to]) =>
    style.includes("edge-pattern-dotted") ? `${from} -.-> ${to}` : `${from} --> ${to}`,
  );
  const boxes = Array.from(svg.matchAll(/class="node default ([^"]*)" id="diagram-flowchart-(\w+)-\d+"/g));
  return { arrows: arrows.toSorted(), boxes: boxes.flatMap(([, classes = "", name = ""]) => (classes.includes(marked) ? [name] : [])) };
}

describe("renderLineage", () => {
  it("shows branches, merges and heads, the same way each time", async () => {
    const registry = new EntityRegistry(new CopyingStorage());
    const part = new Part({ name: "a" });
    await registry.register(part);
    const copy = await registry.get(Part, part.ecsId);
    part.name = "b";
    await registry.register(part);
    copy.parts.push(new Part({ name: "child" }));
    await registry.register(copy, { onConflict: "branch" });
    const merged = await registry.merge(Part, { ours: copy.ecsId, theirs: part.ecsId });
    const lineage = await registry.lineage(part.lineageId);
    const diagram = renderLineage(lineage);
    expect(renderLineage(await registry.lineage(part.lineageId))).toBe(diagram);
    expect(await drawing(diagram, "head")).toEqual({
      arrows: ["v1 --> v2", "v1 --> v3", "v2 --> v4", "v3 -.-> v4"],
      boxes: ["v3", "v4"],
    });
    expect(diagram).toContain("v4{{");
    expect(await drawnLabels(diagram)).toEqual(lineage.versions.map(({ ecsId }, index) => `${index + 1} ${ecsId.slice(-8)}`));

    merged.name = "c";
    await registry.register(merged);
    const longer = renderLineage(await registry.lineage(part.lineageId), {
      direction: "right",
      label: ({ version, isHead }, number) => `"${number}" ${isHead ? "head" : version.type}`,
    });
    expect(longer).toMatch(/^flowchart LR\n/);
    expect(await drawnLabels(longer)).toEqual(['"1" Part', '"2" Part', '"3" head', '"4" Part', '"5" head']);
  });
});

describe("renderDependencyGraph", () => {
  it("draws an entity with all it reaches, shared parts once, cycles marked", async () => {
    const leaf = new Part({ name: "leaf" });
    const left = new Part({ name: "left", parts: [leaf, leaf] });
    const right = new Part({ name: "right", parts: [leaf] });
    const root = new Part({ name: "root", parts: [left, right] });
    right.parts.push(left);
    left.parts.push(right);
    const diagram = renderDependencyGraph(root);
    expect(renderDependencyGraph(entityGraph([root]))).toBe(diagram);
    expect(await drawing(diagram, "cycle")).toEqual({
      arrows: ["n1 --> n2", "n1 --> n3", "n2 --> n3", "n2 --> n4", "n3 --> n2", "n3 --> n4"],
      boxes: ["n2", "n3"],
    });
    expect(diagram).toContain("n1([");
    expect(await drawnLabels(diagram)).toEqual([root, left, right, leaf].map(({ ecsId }) => `Part ${ecsId.slice(-8)}`));
    expect(
      await drawnLabels(renderDependencyGraph(root, { label: (entity) => (entity === leaf ? "<leaf>" : entity.constructor.name) })),
    ).toEqual(["Part", "Part", "Part", "<leaf>"]);
  });

  it("draws what is no entity by its text or class, and nothing at all", async () => {
    const graph = new EntityDependencyGraph<string | object>();
    graph.add("text", [new Map(), new Date(0)]);
    expect(await drawnLabels(renderDependencyGraph(graph))).toEqual(["text", "Map", "Date"]);
    expect(renderDependencyGraph(new EntityDependencyGraph())).toBe("flowchart TB\n");
  });
});
