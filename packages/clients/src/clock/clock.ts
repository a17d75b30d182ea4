/** Tells time and wakes. Tests hand in their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some fixed instant; never goes back. */
  monotonic(): number;
  /** Calls back once after `ms` milliseconds; the function returned calls that off. */
  after(ms: number, callback: () => void): () => void;
}

/** The longest delay a timer of the runtime can hold, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

function after(ms: number, callback: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => {};
  let left = Math.max(0, ms);
  let timer: NodeJS.Timeout;
  const step = (): void => {
    const delay = Math.min(left, longestTimer);
    left -= delay;
    // oxlint-disable-next-line no-restricted-globals -- the one place that reads the machine's timer
    timer = setTimeout(left > 0 ? step : callback, delay);
  };
  step();
  return () => clearTimeout(timer);
}

/** The machine's own clock. Delays of any length are kept. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after,
};
