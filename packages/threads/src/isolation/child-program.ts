/**
 * What the process runs that a tool's source text runs in. The text gets a realm of its own, into which nothing of this one is handed: arguments go in
 * and the result comes out as text, read as a plain string. What reaches outside, or takes memory that the heap's limit does not count, is taken away first.
 */
export const childProgram = `"use strict";
const vm = require("node:vm");
const { readFileSync, writeSync } = require("node:fs");
const { source, args } = JSON.parse(readFileSync(0, "utf8"));
const later = setTimeout;
const end = process.reallyExit.bind(process);
for (const name of ["binding", "_linkedBinding", "dlopen", "getBuiltinModule", "kill", "mainModule", "chdir", "abort"]) {
  try { Object.defineProperty(process, name, { value: undefined, configurable: false }); } catch {}
}
for (const name of ["process", "require", "module", "fetch", "WebSocket", "EventSource", "Buffer", "XMLHttpRequest"]) {
  try { delete globalThis[name]; } catch {}
}
const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY, { codeGeneration: { strings: false, wasm: false } });
const run = (code) => vm.runInContext(code, realm, { filename: "tool" });
run(\`for (const name of ["ArrayBuffer", "SharedArrayBuffer", "DataView", "Atomics", "WebAssembly", "Int8Array", "Uint8Array", "Uint8ClampedArray",
  "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array",
  "FinalizationRegistry", "WeakRef", "console"]) delete globalThis[name];
  var result = null;\`);
const wrapped = "(async () => { try { const tool = (" + source + "\\n); if (typeof tool !== 'function') throw new TypeError('the source is no function');" +
  " const value = await tool(JSON.parse(" + JSON.stringify(JSON.stringify(args)) + "));" +
  " result = JSON.stringify({ value: value === undefined ? null : value }); }" +
  " catch (error) { result = JSON.stringify({ error: String(error instanceof Error ? error.message : error) }); } })(); undefined";
const finish = (text) => {
  let rest = globalThis.String(text);
  while (rest.length > 0) {
    // A pair of surrogates goes as one, or each half would be replaced.
    const end = rest.codePointAt(65535) > 65535 ? 65537 : 65536;
    writeSync(1, rest.slice(0, end));
    rest = rest.slice(end);
  }
  end(0);
};
try { run(wrapped); } catch { finish('{"error":"the source text is no JavaScript expression"}'); }
const look = () => {
  let text = null;
  try { text = run("typeof result === 'string' ? result : null"); } catch {}
  if (typeof text === "string") finish(text);
  else later(look, 2);
};
look();
`;
