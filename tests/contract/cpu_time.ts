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
