import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { metrics, trace } from "@opentelemetry/api";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { correlate, Entity, EntityRegistry, LeveledLogger, type LifeCycleEvent, lifeCycleChannel, MemoryLog } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Note extends Entity.define("Note", { text: z.string() }) {}

const secret = "what the note says";

describe("a logger", () => {
  it("is told of what is created, forked, loaded and refused, by ids, with the correlation kept across awaits", async () => {
    const log = new MemoryLog();
    const storage = new CopyingStorage();
    const registry = new EntityRegistry(storage, { logger: log });
    const note = new Note({ text: secret });
    await correlate("request-1", async () => {
      await registry.register(note);
      await Promise.resolve();
      note.text += "!";
      await registry.register(note);
    });
    await registry.get(Note, note.ecsId);
    storage.failure = Object.assign(new Error(secret), { code: "busy" });
    note.text = "other";
    await registry.register(note).catch(() => undefined);
    expect(log.records.map(({ level, message, fields }) => [level, message, fields.correlationId])).toEqual([
      ["debug", "entity created", "request-1"],
      ["info", "commit stored", "request-1"],
      ["debug", "entity forked", "request-1"],
      ["info", "commit stored", "request-1"],
      ["debug", "entities loaded", undefined],
      ["warn", "commit refused", undefined],
    ]);
    expect(log.records[2]?.fields).toMatchObject({
      operation: "register",
      entityType: "Note",
      entityId: note.ecsId,
      lineageId: note.lineageId,
    });
    expect(log.records[4]?.fields).toMatchObject({ operation: "load", entityIds: [note.ecsId], versions: 1 });
    const { entityIds } = log.records[5]?.fields ?? {};
    expect([entityIds, entityIds?.includes(note.ecsId)]).toEqual([[expect.any(String)], false]);
    expect(JSON.stringify(log.records)).not.toContain(secret);
  });

  it("lets through what its level says, changed at any time", () => {
    const log = new MemoryLog();
    const logger = new LeveledLogger(log, "warn");
    const say = (): void => {
      for (const level of ["debug", "info", "warn", "error"] as const) logger[level]({ operation: "test" }, level);
    };
    say();
    logger.level = "silent";
    say();
    logger.level = "debug";
    say();
    expect(log.records.map(({ message }) => message)).toEqual(["warn", "error", "debug", "info", "warn", "error"]);
  });

  it("in memory keeps the last records only, and can be cleared", () => {
    const log = new MemoryLog(3);
    for (let number = 0; number < 10; number++) log.info({ operation: "test" }, String(number));
    expect(log.records.map(({ message }) => message)).toEqual(["7", "8", "9"]);
    log.clear();
    log.info({ operation: "test" }, "again");
    expect(log.records).toHaveLength(1);
  });
});

describe("the diagnostics channel", () => {
  it("publishes which entities were refused", async () => {
    const seen: unknown[] = [];
    const listen = (message: unknown): void => {
      seen.push(message);
    };
    const storage = new CopyingStorage();
    storage.failure = new Error("disk full");
    const note = new Note({ text: "x" });
    subscribe(lifeCycleChannel, listen);
    await new EntityRegistry(storage).register(note).catch(() => undefined);
    unsubscribe(lifeCycleChannel, listen);
    expect(seen).toMatchObject([{ event: "refused", roots: [note.ecsId], error: storage.failure }]);
  });

  it("publishes commits and loads", async () => {
    const seen: string[] = [];
    const listen = (message: unknown): void => {
      seen.push(String(Reflect.get(Object(message), "event" satisfies keyof LifeCycleEvent)));
    };
    subscribe(lifeCycleChannel, listen);
    const registry = new EntityRegistry(new CopyingStorage());
    const note = new Note({ text: "x" });
    await registry.register(note);
    await registry.get(Note, note.ecsId);
    unsubscribe(lifeCycleChannel, listen);
    await registry.get(Note, note.ecsId);
    expect(seen).toEqual(["committed", "loaded"]);
  });
});

describe("OpenTelemetry", () => {
  afterEach(() => {
    trace.disable();
    metrics.disable();
  });

  it("gets spans and counters when an SDK is there", async () => {
    const spans = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meters = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider(meters);
    const storage = new CopyingStorage();
    const registry = new EntityRegistry(storage);
    await registry.register(new Note({ text: "x" }));
    storage.failure = new Error("disk full");
    await registry.register(new Note({ text: "y" })).catch(() => undefined);
    await reader.forceFlush();
    expect(spans.getFinishedSpans().map(({ name, status }) => [name, status.code])).toEqual([
      ["minference.ecs.register", 0],
      ["minference.ecs.register", 2],
    ]);
    const counted = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all));
    const values = counted.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]);
    expect(values).toEqual([
      ["minference.ecs.versions.stored", 1],
      ["minference.ecs.commits.refused", 1],
    ]);
    await meters.shutdown();
  });
});
