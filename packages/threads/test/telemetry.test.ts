import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context, type ContextManager, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { SimulatedScript } from "@minference/clients/testing";
import { expect, test } from "vitest";
import { Budget, type TelemetryOptions } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

const secret = "my secret question";

const script: SimulatedScript = ({ request }) =>
  request.messages.at(-1)?.role === "tool"
    ? { text: "a secret answer", outputTokens: 5 }
    : {
        toolCalls: [
          { id: "c1", name: "add", arguments: { a: 1, b: 2 } },
          { id: "c2", name: "lost", arguments: {} },
        ],
        outputTokens: 9,
      };

function record(options: TelemetryOptions = {}) {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const finished = (prefix: string): ReadableSpan[] => spans.getFinishedSpans().filter(({ name }) => name.startsWith(prefix));
  const measured = async (): Promise<Record<string, { count: number; sum: number; attributes: object }[]>> => {
    await reader.forceFlush();
    const all =
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
    return Object.fromEntries(
      all.map((metric) => [
        metric.descriptor.name,
        metric.dataPointType === DataPointType.HISTOGRAM
          ? metric.dataPoints.map(({ attributes, value }) => ({ count: value.count, sum: value.sum ?? 0, attributes }))
          : [],
      ]),
    );
  };
  return {
    telemetry: { ...options, tracerProvider, meterProvider },
    finished,
    measured,
    tracerProvider,
    stop: () => meterProvider.shutdown(),
  };
}

test("a turn is an agent's span with its requests and tool calls below, in the GenAI conventions and without content", async () => {
  const { finished, stop, telemetry } = record();
  const bench = makeBench(script, { telemetry });
  const thread = bench.thread("auto_tools", { newMessage: secret });
  await bench.orchestrator.runParallel([thread]);
  const [agent] = finished("invoke_agent");
  expect(agent).toMatchObject({
    name: "invoke_agent clerk",
    kind: SpanKind.INTERNAL,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "clerk",
      "gen_ai.provider.name": "openai",
      "gen_ai.conversation.id": thread.lineageId,
      "minference.outcome": "completed",
    },
  });
  const chats = finished("chat");
  expect(chats).toHaveLength(2);
  expect(chats[0]).toMatchObject({
    name: "chat m-1",
    kind: SpanKind.CLIENT,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "m-1",
      "gen_ai.request.max_tokens": 400,
      "gen_ai.request.temperature": 0,
      "gen_ai.output.type": "text",
      "gen_ai.conversation.id": thread.lineageId,
      "gen_ai.response.model": "m-1",
      "gen_ai.response.finish_reasons": ["tool_calls"],
      "gen_ai.response.id": "sim_req_0",
      "gen_ai.usage.output_tokens": 9,
      "minference.attempts": 1,
    },
  });
  const tools = finished("execute_tool");
  expect(
    tools.map(({ name, attributes, status }) => [name, attributes["gen_ai.tool.call.id"], attributes["error.type"], status.code]),
  ).toEqual(
    expect.arrayContaining([
      ["execute_tool add", "c1", undefined, SpanStatusCode.UNSET],
      ["execute_tool lost", "c2", "unknown_tool", SpanStatusCode.ERROR],
    ]),
  );
  for (const { parentSpanContext } of [...chats, ...tools]) expect(parentSpanContext?.spanId).toBe(agent?.spanContext().spanId);
  const recorded = JSON.stringify(finished("").map(({ attributes, events, name, status }) => ({ attributes, events, name, status })));
  expect(recorded).not.toContain("secret");
  await stop();
});

test("what was said is recorded where that is asked for, in the form of the conventions", async () => {
  const { finished, stop, telemetry } = record({ content: true });
  const bench = makeBench(script, { telemetry });
  await bench.orchestrator.runParallel([bench.thread("auto_tools", { newMessage: secret })]);
  const json = (span: ReadableSpan | undefined, name: string): unknown => JSON.parse(String(span?.attributes[name]));
  const [first, second] = finished("chat");
  expect(json(first, "gen_ai.system_instructions")).toEqual([{ type: "text", content: "You are exact." }]);
  expect(json(first, "gen_ai.input.messages")).toEqual([{ role: "user", parts: [{ type: "text", content: secret }] }]);
  expect(json(first, "gen_ai.tool.definitions")).toMatchObject([{ type: "function", name: "add", description: "Adds two numbers" }]);
  expect(json(first, "gen_ai.output.messages")).toEqual([
    {
      role: "assistant",
      parts: [
        { type: "tool_call", id: "c1", name: "add", arguments: { a: 1, b: 2 } },
        { type: "tool_call", id: "c2", name: "lost", arguments: {} },
      ],
      finish_reason: "tool_call",
    },
  ]);
  expect(json(second, "gen_ai.input.messages")).toMatchObject([
    { role: "user" },
    { role: "assistant" },
    { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "3" }, { id: "c2" }] },
  ]);
  const add = finished("execute_tool add")[0];
  expect(add?.attributes).toMatchObject({ "gen_ai.tool.call.arguments": '{"a":1,"b":2}', "gen_ai.tool.call.result": "3" });
  await stop();
});

test("tokens and durations are measured by model; what failed says why; what never left is not measured", async () => {
  const { finished, measured, stop, telemetry } = record();
  const bench = makeBench(
    ({ request, ...rest }) => (rest.sequence === 4 ? { refuse: { status: 400, message: "no" } } : script({ request, ...rest })),
    {
      telemetry,
    },
  );
  await bench.orchestrator.runParallel([bench.thread("auto_tools"), bench.thread("auto_tools")], { stream: true, onEvent: () => {} });
  await bench.orchestrator.runParallel([bench.thread("auto_tools")]);
  const broke = { budget: new Budget({ total: { tokens: 1 } }) };
  await bench.orchestrator.runParallel([bench.thread("auto_tools")], broke);
  const metrics = await measured();
  const common = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m-1" };
  const answered = { ...common, "gen_ai.response.model": "m-1" };
  expect(metrics["gen_ai.client.token.usage"]).toContainEqual({
    count: 4,
    sum: 28,
    attributes: { ...answered, "gen_ai.token.type": "output" },
  });
  const durations = metrics["gen_ai.client.operation.duration"]?.map(({ attributes, count }) => ({ attributes, count }));
  expect(durations).toEqual([
    { attributes: answered, count: 4 },
    { attributes: { ...common, "error.type": "invalid_request" }, count: 1 },
  ]);
  expect(metrics["gen_ai.client.operation.time_to_first_chunk"]).toMatchObject([{ count: 4 }]);
  expect(metrics["gen_ai.execute_tool.duration"]?.map(({ count }) => count)).toEqual([2, 2]);
  expect(metrics["gen_ai.invoke_agent.duration"]?.map(({ attributes, count }) => ({ attributes, count }))).toEqual([
    { attributes: { "gen_ai.agent.name": "clerk" }, count: 2 },
    { attributes: { "gen_ai.agent.name": "clerk", "error.type": "provider" }, count: 1 },
    { attributes: { "gen_ai.agent.name": "clerk", "error.type": "budget_exceeded" }, count: 1 },
  ]);
  expect(finished("chat").map(({ attributes }) => attributes["error.type"])).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    "invalid_request",
    "budget_exceeded",
  ]);
  expect(finished("chat")[0]?.attributes).toMatchObject({
    "gen_ai.request.stream": true,
    "gen_ai.response.time_to_first_chunk": expect.any(Number),
  });
  expect(finished("chat")[4]?.attributes["gen_ai.request.stream"]).toBeUndefined();
  await stop();
});

/** Keeps the active context across awaits, as SDKs do. */
class AsyncContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(active: Context, run: F, self?: ThisParameterType<F>, ...args: A) {
    return this.#storage.run(active, () => run.call(self, ...args));
  }

  bind<T>(_active: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

test("a run stands below the span that is active when it begins, and what a tool does below the tool's", async () => {
  const { finished, stop, telemetry, tracerProvider } = record();
  context.setGlobalContextManager(new AsyncContexts());
  try {
    const bench = makeBench(script, { telemetry });
    const seen: (string | undefined)[] = [];
    bench.callables.update({
      name: "add",
      docstring: "Adds",
      inputSchema: { type: "object" },
      run: () => {
        seen.push(trace.getActiveSpan()?.spanContext().spanId);
        return 3;
      },
    });
    const outer = tracerProvider.getTracer("application").startSpan("request");
    const thread = bench.thread("auto_tools", { systemPrompt: null });
    await context.with(trace.setSpan(context.active(), outer), () => bench.orchestrator.runParallel([thread]));
    outer.end();
    const [agent] = finished("invoke_agent");
    expect(agent?.name).toBe("invoke_agent");
    expect(agent?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(seen).toEqual([finished("execute_tool add")[0]?.spanContext().spanId]);
  } finally {
    context.disable();
    await stop();
  }
});
