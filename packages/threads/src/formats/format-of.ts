import type { ResponseFormatName } from "../config/response-format.ts";
import { autoToolsFormat } from "./auto-tools-format.ts";
import { jsonBegFormat } from "./json-beg-format.ts";
import { jsonObjectFormat } from "./json-object-format.ts";
import { structuredOutputFormat } from "./structured-output-format.ts";
import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";
import { toolFormat } from "./tool-format.ts";
import { workflowFormat } from "./workflow-format.ts";

const formats: Readonly<Record<ResponseFormatName, ThreadFormat>> = {
  text: textFormat,
  json_beg: jsonBegFormat,
  json_object: jsonObjectFormat,
  structured_output: structuredOutputFormat,
  tool: toolFormat,
  auto_tools: autoToolsFormat,
  workflow: workflowFormat,
};

/** Gives the rules of a response format. */
export function formatOf(name: ResponseFormatName): ThreadFormat {
  return formats[name];
}
