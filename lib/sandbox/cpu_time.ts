/** Clock ticks per second in Linux process statistics. */
const TICKS_PER_SECOND = 100;
const TEXT = new TextDecoder();

/**
 * Returns the CPU time used by a process, ms; undefined when the system does not provide it. Uses a
 * shell, as Deno itself needs all permissions to read it.
 */
export async function cpuTimeMs(pid: number): Promise<number | undefined> {
  const output = await new Deno.Command("/bin/sh", {
    args: ["-c", 'read -r line < "/proc/$0/stat" && echo "$line"', String(pid)],
    clearEnv: true,
    stdin: "null",
    stderr: "null",
  }).output().catch(() => undefined);
  if (output === undefined) return undefined;
  const stat = TEXT.decode(output.stdout);
  // The second field is a name in brackets that may contain anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks * 1000 / TICKS_PER_SECOND : undefined;
}
