import { stripVTControlCharacters } from "node:util";
import { systemClock } from "@minference/clients";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProviderSnapshot } from "../run/provider-progress.ts";
import { startProgressDisplay } from "./progress-display.ts";

const provider = (label: string, ended: number): ProviderSnapshot => ({
  label,
  threads: 10,
  ended,
  running: 3,
  waiting: 2,
  answered: 20,
  refused: 1,
  retries: 1,
  inputTokens: 12_000,
  outputTokens: 345,
  rate: 4.25,
  elapsedMs: 4_000,
});

function screen(isTTY: boolean, columns = 100) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
}

describe("startProgressDisplay", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const source = { snapshot: () => [provider("openai (simulated)", 5), provider("anthropic (simulated)", 10)], elapsedMs: () => 4_200 };

  it("repaints in place on a terminal", () => {
    const stream = screen(true);
    const display = startProgressDisplay(stream, source, { clock: systemClock, terminal: "xterm" });
    vi.advanceTimersByTime(100);
    display.note("a line that stays");
    display.stop();
    vi.advanceTimersByTime(5000);
    const [first, second, note] = stream.written;
    expect(first?.split("\n")).toEqual([
      `${"█".repeat(22)}${"░".repeat(8)} 15 of 20 done, 4.2 s`,
      "openai (simulated)     5 of 10 done, 3 running, 2 waiting, 1 refused, 12 345 tokens, 4.3 requests/s".slice(0, 99),
      "anthropic (simulated)  10 of 10 done, 3 running, 2 waiting, 1 refused, 12 345 tokens, 4.3 requests/s".slice(0, 99),
      "",
    ]);
    expect(second).toBe(`\u001b[3A\r\u001b[0J${first}`);
    expect(note).toBe("\u001b[3A\r\u001b[0Ja line that stays\n");
    expect(stream.written).toHaveLength(5);
  });

  it("never wraps a line", () => {
    const stream = screen(true, 20);
    startProgressDisplay(stream, source, { clock: systemClock, terminal: "xterm" }).stop();
    for (const line of stream.written.join("").split("\n"))
      expect(stripVTControlCharacters(line).replace("\r", "").length).toBeLessThan(20);
  });

  it.each([
    ["elsewhere", screen(false), undefined],
    ["on a dumb terminal", screen(true), "dumb"],
  ])("writes a plain line at intervals %s", (_, stream, terminal) => {
    const display = startProgressDisplay(stream, source, { clock: systemClock, terminal });
    vi.advanceTimersByTime(4_100);
    display.note("note");
    display.stop();
    vi.advanceTimersByTime(9_000);
    const line = "4.2 s: 15 of 20 done, 6 running, 4 waiting, 2 refused, 24 690 tokens, 8.5 requests/s\n";
    expect(stream.written).toEqual([line, line, "note\n", line]);
  });
});
