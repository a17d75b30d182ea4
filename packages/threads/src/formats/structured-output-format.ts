import { StructuredTool } from "../tools/structured-tool.ts";
import { readJson } from "./json-reading.ts";
import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";

/** An object of the schema of the forced structured tool, to which the provider itself holds the model. */
export const structuredOutputFormat: ThreadFormat = {
  ...textFormat,
  refusal: ({ forcedOutput }) =>
    forcedOutput instanceof StructuredTool
      ? null
      : "the response format structured_output needs a StructuredTool as forcedOutput: its schema is that of the answer",
  shape(request, { forcedOutput }) {
    if (!(forcedOutput instanceof StructuredTool)) return request;
    const { inputSchema: schema, name, strict = false } = forcedOutput.definition();
    return { ...request, responseFormat: { type: "json_schema", name, schema, strict } };
  },
  read: readJson,
};
