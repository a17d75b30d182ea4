/** The response formats a configuration can ask for. */
export const responseFormats = ["text", "tool", "auto_tools"] as const;

/**
 * What an answer is to be: `text`, a call of the one forced tool (`tool`), or whatever the model chooses among the
 * thread's tools (`auto_tools`).
 */
export type ResponseFormatName = (typeof responseFormats)[number];
