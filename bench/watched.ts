/** What a process took. */
export interface Ran {
  code: number;
  seconds: number;
  /** Most memory it had at once (Linux; elsewhere 0). */
  peakBytes: number;
}

/** What is run. */
export interface RunOptions {
  /** Of deno. */
  args: string[];
  cwd: string;
  /** Further variables. */
  env?: Readonly<Record<string, string>>;
  /** Gets each line of its output. */
  onLine?: (line: string, child: Deno.ChildProcess) => void;
}

const LOOK_MS = 200;

/** Runs deno to its end and watches its memory. */
export async function runWatched({ args, cwd, env = {}, onLine }: RunOptions): Promise<Ran> {
  const startMs = performance.now();
  const piped = { stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(Deno.execPath(), { args, cwd, env, ...piped }).spawn();
  let peakBytes = 0;
  const timer = setInterval(() => peakBytes = Math.max(peakBytes, peakOf(child.pid)), LOOK_MS);
  const take = (line: string) => onLine?.(line, child);
  await Promise.all([linesOf(child.stdout, take), linesOf(child.stderr, take)]);
  const { code } = await child.status;
  clearInterval(timer);
  return { code, seconds: (performance.now() - startMs) / 1000, peakBytes };
}

async function linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") take(line);
  }
}

/** The kernel's high-water mark of a process, bytes. */
export function peakOf(pid: number): number {
  try {
    const [, kib] = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processor time of a process so far, s: user and kernel, all threads (Linux). */
export function cpuSecondsOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
