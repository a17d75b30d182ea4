const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/;

/**
 * Mends what models get wrong in JSON and what can be read in one way only: a code fence around it, commas before a closing bracket, line
 * breaks and tabs within strings. Never completes what was cut. Null where nothing of this was found.
 */
export function repairJson(text: string): string | null {
  const inner = fenced.exec(text)?.[1] ?? text;
  let mended = "";
  let inString = false;
  for (let at = 0; at < inner.length; at += 1) {
    const character = inner.charAt(at);
    if (inString && character === "\\") {
      mended += inner.slice(at, at + 2);
      at += 1;
    } else if (inString && character < " ") {
      mended += JSON.stringify(character).slice(1, -1);
    } else if (inString || character !== "," || !/^\s*[}\]]/.test(inner.slice(at + 1, at + 200))) {
      if (character === '"') inString = !inString;
      mended += character;
    }
  }
  return mended === text ? null : mended;
}
