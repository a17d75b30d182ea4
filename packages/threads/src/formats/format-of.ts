import type { ResponseFormatName } from "../config/response-format.ts";
import { autoToolsFormat } from "./auto-tools-format.ts";
import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";
import { toolFormat } from "./tool-format.ts";

const formats: Readonly<Record<ResponseFormatName, ThreadFormat>> = {
  text: textFormat,
  tool: toolFormat,
  auto_tools: autoToolsFormat,
};

/** Gives the rules of a response format. */
export function formatOf(name: ResponseFormatName): ThreadFormat {
  return formats[name];
}
