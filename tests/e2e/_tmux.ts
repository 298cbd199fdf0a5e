import { eventually } from "./_process.ts";

/** Width and height of a terminal, characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** A line of shell on a terminal of tmux; its server ends with the test. */
export class Terminal implements AsyncDisposable {
  #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Runs the line; `socket` is a path of the test's own. */
  static async open(
    line: string,
    { socket, columns, rows, env = {} }: TerminalSize & {
      socket: string;
      env?: Record<string, string>;
    },
  ): Promise<Terminal> {
    const terminal = new Terminal(socket);
    const size = ["-x", String(columns), "-y", String(rows)];
    await terminal.#run(["-f", "/dev/null", "new-session", "-d", ...size, line], env);
    return terminal;
  }

  /** Presses keys, by tmux's names: `q`, `Enter`, `Down`. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.#run(["send-keys", key]);
  }

  /** Process of the line of shell. */
  async pid(): Promise<number> {
    return Number(await this.#run(["display-message", "-p", "#{pane_pid}"]));
  }

  /** Writes everything that comes to the screen from now on into a file, too. */
  async record(path: string): Promise<void> {
    await this.#run(["pipe-pane", `cat > ${path}`]);
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.#run(["resize-window", "-x", String(columns), "-y", String(rows)]);
  }

  /** The lines on the screen, with the codes of their colours if wanted. */
  async screen(withCodes = false): Promise<string> {
    return await this.#run(["capture-pane", "-p", ...(withCodes ? ["-e"] : [])]);
  }

  /** Waits until the screen passes, and gives it. */
  async shows(wanted: string | RegExp | ((screen: string) => boolean)): Promise<string> {
    let last = "";
    const passes = typeof wanted === "function"
      ? wanted
      : (screen: string) =>
        typeof wanted === "string" ? screen.includes(wanted) : wanted.test(screen);
    try {
      return await eventually("it", async () => {
        last = await this.screen();
        return passes(last) ? last : undefined;
      });
    } catch {
      throw new Error(`The screen never passed ${wanted}:\n${last}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It has ended already where the line has.
    await this.#run(["kill-server"]).catch(() => {});
  }

  async #run(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", this.#socket, ...args],
      env,
    }).output();
    const text = new TextDecoder();
    if (code !== 0) throw new Error(`tmux ${args.join(" ")}: ${text.decode(stderr)}`);
    return text.decode(stdout);
  }
}
