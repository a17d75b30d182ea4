/** What an inspecting command found, for people and for programs. */
export interface InspectResult {
  /** Ends with a line break; safe for a terminal. */
  readonly text: string;
  readonly json: unknown;
}
