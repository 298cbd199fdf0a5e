/** What a measurement gave. */
export interface Measurement {
  /** What was measured. */
  name: string;
  /** Operations a second, median of the rounds. */
  opsPerSecond: number;
  /** Microseconds an operation, median of the rounds. */
  usPerOp: number;
}

/** How often to measure. */
export interface MeasureOptions {
  /** Calls that count; odd gives a true median. */
  rounds?: number;
  /** Calls before, for the compiler. */
  warmups?: number;
}

/**
 * Measures `fn`, which does `opsPerCall` operations a call: the median over the rounds, as other
 * work on the machine makes some of them slow.
 */
export function measure(
  name: string,
  opsPerCall: number,
  fn: () => void,
  { rounds = 15, warmups = 5 }: MeasureOptions = {},
): Measurement {
  for (let i = 0; i < warmups; i++) fn();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    fn();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const ms = times[times.length >> 1] ?? NaN;
  return { name, opsPerSecond: opsPerCall / ms * 1000, usPerOp: ms / opsPerCall * 1000 };
}
