import process from "node:process";

/**
 * Returns the CPU time of this process for `run`, ms. Unlike wall time it does not grow on a busy
 * machine.
 */
export async function cpuMsOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const CLOCK_THREAD_CPUTIME_ID = 3;

/**
 * Returns a function that reads the CPU time of the calling thread, µs: exact, unlike
 * `process.threadCpuUsage`, which counts in ticks. Linux only.
 */
export function threadCpuClock(): () => number {
  const { symbols } = Deno.dlopen("libc.so.6", {
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  });
  const time = new BigInt64Array(2);
  return () => {
    symbols.clock_gettime(CLOCK_THREAD_CPUTIME_ID, time);
    return Number(time[0]) * 1e6 + Number(time[1]) / 1e3;
  };
}

/** Length of a tick in /proc, ms. */
const TICK_MS = 10;

/**
 * Returns the CPU time of child processes that end during `run`, and of their waited-for children, ms.
 * Counts unrelated children too: nothing else may run.
 */
export async function childrenCpuMsOf(run: () => Promise<unknown>): Promise<number> {
  const before = endedChildrenCpuMs();
  await run();
  return endedChildrenCpuMs() - before;
}

function endedChildrenCpuMs(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  // The program name may have spaces; cutime and cstime are the 14th and 15th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}
