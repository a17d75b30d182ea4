/** The response formats a configuration can ask for. */
export const responseFormats = ["text", "json_beg", "json_object", "structured_output", "tool", "auto_tools", "workflow"] as const;

/**
 * What an answer is to be: plain `text`; JSON in a fence that the request opens or asks for (`json_beg`); a JSON object by the provider's
 * own mode (`json_object`); an object of the forced structured tool's schema (`structured_output`); a call of the one forced tool
 * (`tool`); whatever the model chooses among the thread's tools (`auto_tools`); a call of each of them in turn (`workflow`). Only the last two let the
 * model call a thread's `tools`.
 */
export type ResponseFormatName = (typeof responseFormats)[number];
