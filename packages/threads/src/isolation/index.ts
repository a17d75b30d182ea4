export { isolatedCallable, type IsolationOptions } from "./isolated-callable.ts";
