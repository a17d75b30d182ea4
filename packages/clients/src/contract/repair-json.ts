const mark = "```";
/** What other languages call the literals of JSON. */
const literals: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null" };
const literal = /(?<!\w)(?:True|False|None)(?!\w)/y;

/**
 * Mends what models get wrong in JSON and what can be read in one way only: a code fence around it, commas before a closing bracket, line
 * breaks and tabs within strings, literals as Python writes them. Never completes what was cut, nor guesses at quotes. Null where nothing of
 * this was found. Not by a library: those there are also complete, quote and drop, which would run a tool on what the model never said.
 */
export function repairJson(text: string): string | null {
  const inner = (insideFence(text) ?? text).trim();
  const pieces: string[] = [];
  let from = 0;
  const replace = (at: number, length: number, by: string): void => {
    pieces.push(inner.slice(from, at), by);
    from = at + length;
  };
  let inString = false;
  for (let at = 0; at < inner.length; at += 1) {
    const character = inner.charAt(at);
    if (inString) {
      if (character === "\\") at += 1;
      else if (character === '"') inString = false;
      else if (character < " ") replace(at, 1, JSON.stringify(character).slice(1, -1));
    } else if (character === '"') {
      inString = true;
    } else if (character === ",") {
      if (closesBehind(inner, at)) replace(at, 1, "");
    } else if (character === "T" || character === "F" || character === "N") {
      literal.lastIndex = at;
      const [found] = literal.exec(inner) ?? [];
      if (found !== undefined) replace(at, found.length, literals[found] ?? found);
    }
  }
  pieces.push(inner.slice(from));
  const mended = pieces.join("");
  return mended === text ? null : mended;
}

/** What stands between the first fence and the last; null where there is no such pair, it is of another language or within the JSON. */
function insideFence(text: string): string | null {
  if (/^\s*[[{]/.test(text)) return null;
  const start = text.indexOf(mark);
  const line = text.indexOf("\n", start);
  const end = text.lastIndexOf(mark);
  if (start === -1 || line === -1 || end < line) return null;
  return /^(?:json)?\s*$/i.test(text.slice(start + mark.length, line)) ? text.slice(line, end) : null;
}

/** Whether nothing but space stands between a comma and a closing bracket. */
function closesBehind(text: string, comma: number): boolean {
  let at = comma + 1;
  while (" \t\r\n".includes(text.charAt(at)) && at < text.length) at += 1;
  return text[at] === "}" || text[at] === "]";
}
