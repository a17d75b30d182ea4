import { channel } from "node:diagnostics_channel";
import { context, INVALID_TRACEID, metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import type { NewVersion } from "../storage/commit.ts";
import { correlationId } from "./correlation.ts";
import type { LogFields, Logger } from "./logger.ts";

/** The name of the diagnostics channel that every commit and every load is published on. */
export const lifeCycleChannel = "@minference/ecs";

/** Which version was stored. */
export type StoredIds = Pick<NewVersion, "ecsId" | "lineageId" | "parentId" | "type">;

/** What is published on {@link lifeCycleChannel}: ids and counts, no content. */
export type LifeCycleEvent =
  | {
      readonly event: "committed";
      readonly commitId: string;
      readonly correlationId: string | undefined;
      readonly versions: readonly StoredIds[];
    }
  | {
      readonly event: "refused";
      readonly commitId: string;
      readonly correlationId: string | undefined;
      /** The versions that the given entities would have become. */
      readonly roots: readonly string[];
      readonly error: unknown;
    }
  | { readonly event: "cleared"; readonly correlationId: string | undefined }
  | { readonly event: "loaded"; readonly correlationId: string | undefined; readonly roots: readonly string[]; readonly versions: number };

const events = channel(lifeCycleChannel);

/** Tells the outside what a registry does: to its logger, to whoever listens on the channel, and to OpenTelemetry when an SDK is there. */
export class LifeCycle {
  readonly #logger: Logger | null;
  readonly #tracer = trace.getTracer("@minference/ecs");
  readonly #meter = metrics.getMeter("@minference/ecs");
  readonly #versionsStored = this.#meter.createCounter("minference.ecs.versions.stored", { description: "Versions that were stored" });
  readonly #conflicts = this.#meter.createCounter("minference.ecs.commits.refused", { description: "Commits that were not stored" });
  readonly #versionsLoaded = this.#meter.createCounter("minference.ecs.versions.loaded", { description: "Versions that were loaded" });

  constructor(logger: Logger | null) {
    this.#logger = logger;
  }

  committed(commitId: string, versions: readonly NewVersion[]): void {
    this.#versionsStored.add(versions.length);
    this.#publish(() => ({
      event: "committed",
      commitId,
      correlationId: correlationId(),
      versions: versions.map(({ ecsId, lineageId, parentId, type }) => ({ ecsId, lineageId, parentId, type })),
    }));
    this.#log((logger) => {
      for (const { ecsId, lineageId, parentId, type } of versions) {
        const fields = this.#fields({ operation: "register", entityId: ecsId, entityType: type, lineageId, parentId, commitId });
        logger.debug(fields, parentId === null ? "entity created" : "entity forked");
      }
      logger.info(this.#fields({ operation: "register", commitId, versions: versions.length }), "commit stored");
    });
  }

  refused(commitId: string, roots: readonly string[], error: unknown): void {
    this.#conflicts.add(1);
    this.#publish(() => ({ event: "refused", commitId, correlationId: correlationId(), roots, error }));
    const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
    this.#log((logger) => logger.warn(this.#fields({ operation: "register", entityIds: roots, commitId, code }), "commit refused"));
  }

  loaded(roots: readonly string[], versions: number): void {
    this.#versionsLoaded.add(versions);
    this.#publish(() => ({ event: "loaded", correlationId: correlationId(), roots, versions }));
    this.#log((logger) =>
      logger.debug(this.#fields({ operation: "load", entityIds: roots, roots: roots.length, versions }), "entities loaded"),
    );
  }

  cleared(): void {
    this.#publish(() => ({ event: "cleared", correlationId: correlationId() }));
    this.#log((logger) => logger.warn(this.#fields({ operation: "clear" }), "store cleared"));
  }

  /** Runs an operation in a span of its own, which records how it ended. Without an SDK there is no span, and nothing around the operation. */
  span<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const span = this.#tracer.startSpan(name);
    if (span.spanContext().traceId === INVALID_TRACEID) return run();
    return context.with(trace.setSpan(context.active(), span), async () => {
      try {
        return await run();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        if (error instanceof Error) span.recordException(error);
        throw error;
      } finally {
        span.end();
      }
    });
  }

  #fields(fields: LogFields): LogFields {
    const correlated = correlationId();
    return correlated === undefined ? fields : { ...fields, correlationId: correlated };
  }

  #publish(event: () => LifeCycleEvent): void {
    if (events.hasSubscribers) events.publish(event());
  }

  /** A logger that fails must not make a stored commit look refused. */
  #log(write: (logger: Logger) => void): void {
    if (this.#logger === null) return;
    try {
      write(this.#logger);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error), { code: "MINFERENCE_LOGGER_FAILED" });
    }
  }
}
