import process from "node:process";

/** A timing of one operation. */
export interface Measurement {
  /** What was measured. */
  name: string;
  /** Median over the rounds, operations a second. */
  opsPerSecond: number;
}

/** How long a measurement takes. */
export interface MeasureOptions {
  /** Rounds that are timed, after one that is not; default 7. */
  rounds?: number;
  /** Shortest time of a round, ms; default 150. */
  roundMs?: number;
}

/**
 * Calls `fn`, which does `opsPerCall` operations, for a few rounds and returns the median of their
 * speeds. The first round only warms up.
 */
export function measure(
  name: string,
  opsPerCall: number,
  fn: () => unknown,
  { rounds = 7, roundMs = 150 }: MeasureOptions = {},
): Measurement {
  const speeds: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    let calls = 0;
    let elapsedMs = 0;
    do {
      fn();
      calls++;
      elapsedMs = performance.now() - start;
    } while (elapsedMs < roundMs);
    if (round > 0) speeds.push(calls * opsPerCall * 1000 / elapsedMs);
  }
  return { name, opsPerSecond: median(speeds) };
}

/** Something that is measured in turns with others. */
export interface Contender {
  name: string;
  /** CPU time of a round, µs per operation. */
  costUs: () => number | Promise<number>;
}

/**
 * Medians of rounds in which all take turns, so that other work on the machine hits all alike. Before
 * them come rounds that are not counted, `warmUps` of them.
 */
export async function takeTurns(
  contenders: readonly Contender[],
  rounds: number,
  warmUps = 1,
): Promise<Measurement[]> {
  const costs = contenders.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [i, { costUs }] of contenders.entries()) {
      const us = await costUs();
      if (round >= 0) costs[i]?.push(us);
    }
  }
  return contenders.map(({ name }, i) => ({ name, opsPerSecond: 1e6 / median(costs[i] ?? []) }));
}

/** CPU time of this process for each of the `count` operations of `fn`, µs. */
export async function cpuUsPer(count: number, fn: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await fn();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** The middle one of numbers, of an even count the upper of the two; NaN of none. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

/** A table of measurements as text, each with its ratio to the one called `baseline`. */
export function tableOf(measurements: readonly Measurement[], baseline: string): string {
  const base = measurements.find(({ name }) => name === baseline)?.opsPerSecond ?? NaN;
  const width = Math.max(...measurements.map(({ name }) => name.length));
  return measurements.map(({ name, opsPerSecond }) => {
    const speed = Math.round(opsPerSecond).toLocaleString("en-US").padStart(12);
    const ratio = Number.isNaN(base) ? "" : `  ${(opsPerSecond / base).toFixed(2).padStart(7)} ×`;
    return `${name.padEnd(width)} ${speed}/s${ratio}`;
  }).join("\n");
}
