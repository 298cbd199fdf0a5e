/** Output and exit code of a program. */
export interface Ran {
  code: number;
  /** Both streams in order of arrival, without colour. */
  output: string;
}

/** Options of {@linkcode runProgram}. */
export interface RunOptions {
  /** Whether its output is shown while it runs; "lines" = whole lines, for parallel runs. Default false. */
  show?: boolean | "lines";
  env?: Record<string, string>;
}

/** Where output is shown. */
interface Output {
  writeSync(bytes: Uint8Array): number;
}

// deno-lint-ignore no-control-regex -- these are the colour codes themselves
const COLOR = /\x1b\[[0-9;]*m/g;

/** Runs a program in the repository root, without input; returns its output. */
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
    to: Output,
  ) => {
    const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
    let rest = "";
    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true });
      parts.push(text);
      rest += text;
      const end = show === "lines" ? rest.lastIndexOf("\n") + 1 : rest.length;
      if (show && end > 0) writeWhole(to, encoder.encode(rest.slice(0, end)));
      rest = rest.slice(end);
    }
    if (show && rest !== "") writeWhole(to, encoder.encode(`${rest}\n`));
  };
  const [status] = await Promise.all([
    child.status,
    collect(child.stdout, Deno.stdout),
    collect(child.stderr, Deno.stderr),
  ]);
  return { code: status.code, output: parts.join("").replace(COLOR, "") };
}

function writeWhole(to: Output, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}
