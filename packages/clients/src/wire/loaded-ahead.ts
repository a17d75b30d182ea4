/** Begins to load something that takes long, and is needed later if at all: a failure shows where it is awaited. */
export function loadedAhead<Value>(load: () => Promise<Value>): Promise<Value> {
  const loading = load();
  loading.catch(() => {});
  return loading;
}
