/** What a program said and how it ended. */
export interface Ran {
  code: number;
  /** Both streams as they came, without colour. */
  output: string;
}

/** Options of {@linkcode runProgram}. */
export interface RunOptions {
  /** Whether its output is shown while it runs; default false. */
  show?: boolean;
  env?: Record<string, string>;
}

// deno-lint-ignore no-control-regex -- these are the colour codes themselves
const COLOR = /\x1b\[[0-9;]*m/g;

/** Runs a program in the root of the repository, without input, and keeps what it says. */
export async function runProgram(
  command: string,
  args: readonly string[],
  { show = false, env = {} }: RunOptions = {},
): Promise<Ran> {
  const color = show && Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: new URL("../", import.meta.url),
    env: { ...(color ? { FORCE_COLOR: "1" } : { NO_COLOR: "1", FORCE_COLOR: "" }), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const parts: string[] = [];
  const collect = async (
    stream: ReadableStream<Uint8Array>,
    to: { writeSync(bytes: Uint8Array): number },
  ) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      parts.push(decoder.decode(chunk, { stream: true }));
      if (show) to.writeSync(chunk);
    }
  };
  const [status] = await Promise.all([
    child.status,
    collect(child.stdout, Deno.stdout),
    collect(child.stderr, Deno.stderr),
  ]);
  return { code: status.code, output: parts.join("").replace(COLOR, "") };
}
