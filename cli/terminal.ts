const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;

/** Colour or weight. */
type Paint = keyof typeof CODES;

let chosen: boolean | undefined;

/** Sets the choice of `--color` or `--no-color`; undefined = neither. */
export function setColor(wanted: boolean | undefined): void {
  chosen = wanted;
}

/** Stream that may be a terminal. */
interface Terminal {
  isTerminal(): boolean;
}

/** Returns true for a terminal unless `--no-color`, `NO_COLOR` or `TERM=dumb`; `--color` overrides the variables. */
export function wantsColor(stream: Terminal, env: (name: string) => string | undefined): boolean {
  if (chosen !== undefined) return chosen && stream.isTerminal();
  return stream.isTerminal() && !env("NO_COLOR") && env("TERM") !== "dumb";
}

/** Reads an environment variable; undefined when not permitted. */
export function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

/** Colours a word for `stream` (default stderr) if it supports colours. */
export function paint(style: Paint, word: string, stream: Terminal = Deno.stderr): string {
  return wantsColor(stream, variable) ? `\x1b[${CODES[style]}m${word}\x1b[0m` : word;
}

/** Terminal width in columns; undefined when stdout is not a terminal. */
export function terminalColumns(): number | undefined {
  if (!Deno.stdout.isTerminal()) return undefined;
  try {
    return Deno.consoleSize().columns;
  } catch {
    return undefined;
  }
}
