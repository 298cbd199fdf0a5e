const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;

/** A colour or weight. */
type Paint = keyof typeof CODES;

let chosen: boolean | undefined;

/** What `--color` or `--no-color` says, before terminal and variables are asked; undefined = neither. */
export function setColor(wanted: boolean | undefined): void {
  chosen = wanted;
}

/** A stream that colour may go to. */
interface Terminal {
  isTerminal(): boolean;
}

/** Whether colour is wanted: a terminal, and neither `--no-color`, `NO_COLOR` nor `TERM=dumb`. */
export function wantsColor(stream: Terminal, env: (name: string) => string | undefined): boolean {
  if (chosen !== undefined) return chosen && stream.isTerminal();
  return stream.isTerminal() && !env("NO_COLOR") && env("TERM") !== "dumb";
}

/** A variable, or undefined where it may not be read. */
export function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

/** Paints a word for stderr (or `stream`) when colour is wanted there. */
export function paint(style: Paint, word: string, stream: Terminal = Deno.stderr): string {
  return wantsColor(stream, variable) ? `\x1b[${CODES[style]}m${word}\x1b[0m` : word;
}

/** Columns of the terminal, or undefined when stdout is none: then nothing is shortened. */
export function terminalColumns(): number | undefined {
  if (!Deno.stdout.isTerminal()) return undefined;
  try {
    return Deno.consoleSize().columns;
  } catch {
    return undefined;
  }
}
