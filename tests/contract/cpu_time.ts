import process from "node:process";

/**
 * Processor time that this process takes for something, ms: on a busy machine it stays what it is, where
 * the time on the wall is many times longer.
 */
export async function cpuMsOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Milliseconds of a tick of /proc. */
const TICK_MS = 10;

/**
 * Processor time of the processes that end while something runs, and of those that these waited for, ms.
 * Of processes that are started beside it, too: nothing else may run.
 */
export async function childrenCpuMsOf(run: () => Promise<unknown>): Promise<number> {
  const before = endedChildrenCpuMs();
  await run();
  return endedChildrenCpuMs() - before;
}

function endedChildrenCpuMs(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  // The name of the program may have spaces; cutime and cstime are the 14th and 15th field behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}
