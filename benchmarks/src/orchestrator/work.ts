/** What all subjects do: conversations of some turns, in each of which the model calls a tool once and then answers. */
export interface Work {
  readonly baseUrl: string;
  readonly threads: number;
  /** The most requests at once. */
  readonly concurrency: number;
  /** An empty directory for what a subject stores. */
  readonly directory: string;
}

/** One message of a finished conversation, as any subject can tell it. */
export interface Said {
  readonly role: "user" | "assistant" | "tool";
  readonly content: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
}

/** A finished conversation, without the instructions. */
export type Conversation = readonly Said[];

/** Reads all conversations, in order, from where a subject keeps them, and lets go of that. */
export type Kept = () => Promise<readonly Conversation[]>;

/** A way to have these conversations. Resolves when all are done. */
export type Subject = (work: Work) => Promise<Kept>;

export const turns = 3;
export const requestsPerTurn = 2;
export const model = "instant";
export const maxTokens = 400;
export const instructions = "Answer briefly. Use the tool for every multiplication.";
export const tool = { name: "multiply", description: "Multiplies two numbers" } as const;

/** The two numbers a turn of a thread is about. */
export function numbersOf(thread: number, turn: number): { readonly a: number; readonly b: number } {
  return { a: 3 + thread, b: 7 + turn };
}

/** What the user says in a turn of a thread, turns counted from 0. */
export function questionOf(thread: number, turn: number): string {
  const { a, b } = numbersOf(thread, turn);
  return `What is ${a} times ${b}?`;
}

/** What the model answers once it was told a result. */
export function answerOf(result: string): string {
  return `The product is ${result}.`;
}

/** What a conversation has to be in the end. */
export function expectedConversation(thread: number): Conversation {
  return Array.from({ length: turns }, (_, turn): Conversation => {
    const { a, b } = numbersOf(thread, turn);
    return [
      { role: "user", content: questionOf(thread, turn), calls: [] },
      { role: "assistant", content: "", calls: [{ name: tool.name, arguments: { a, b } }] },
      { role: "tool", content: String(a * b), calls: [] },
      { role: "assistant", content: answerOf(String(a * b)), calls: [] },
    ];
  }).flat();
}
