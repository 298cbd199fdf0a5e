import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { endProcess } from "@ssmd/runtime";
import type { Shell } from "./scripts.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";

function isThere(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** The packages that are there: another HOME would have them fetched anew. */
const DENO_DIR: string = JSON.parse(
  new TextDecoder().decode(
    new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync().stdout,
  ),
).denoDir;

/** A folder with a program `ssmd` in it, as it lies on a person's PATH. */
async function binDir(): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-shell-" });
  const main = `${ROOT}cli/main.ts`;
  const script = `#!/bin/sh\nexec "${Deno.execPath()}" run -q -A --no-check "${main}" "$@"\n`;
  await Deno.writeTextFile(`${dir}/ssmd`, script, { mode: 0o755 });
  await Deno.mkdir(`${dir}/my data`);
  return dir;
}

const START: Readonly<Record<Shell, readonly string[]>> = {
  bash: ["bash", "--norc", "--noprofile", "-i"],
  zsh: ["zsh", "-f", "-i"],
  fish: ["fish", "--no-config", "-i"],
};

const SOURCE: Readonly<Record<Shell, string>> = {
  bash: "bind 'set bell-style none'; source <(ssmd completion bash)",
  zsh: "autoload -Uz compinit; compinit -u -d $HOME/.dump; source <(ssmd completion zsh)",
  fish: "ssmd completion fish | source",
};

/** An interactive shell on a terminal of its own (`script` gives one), driven by keys. */
class Terminal {
  #child: Deno.ChildProcess;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #text = "";
  #seen = Promise.withResolvers<void>();
  #reading: Promise<void>;

  constructor(shell: Shell, bin: string) {
    this.#child = new Deno.Command("script", {
      args: ["-qfec", `stty cols 200; exec ${START[shell].join(" ")}`, "/dev/null"],
      cwd: ROOT,
      env: {
        DENO_DIR,
        PATH: `${bin}:${Deno.env.get("PATH")}`,
        HOME: bin,
        TERM: "xterm",
        PS1: "> ",
      },
      ...{ stdin: "piped", stdout: "piped", stderr: "null" },
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#text += stripVTControlCharacters(chunk);
      this.#seen.resolve();
      this.#seen = Promise.withResolvers();
    }
    this.#seen.resolve();
  }

  /** Types, then waits until the shell has written what matches. */
  async type(keys: string, until: RegExp): Promise<void> {
    const from = this.#text.length;
    await this.#writer.write(new TextEncoder().encode(keys));
    const late = AbortSignal.timeout(120_000);
    while (!until.test(this.#text.slice(from))) {
      const ended = Promise.withResolvers<void>();
      const end = () => ended.resolve();
      late.addEventListener("abort", end);
      await Promise.race([this.#seen.promise, ended.promise]);
      late.removeEventListener("abort", end);
      assert.ok(!late.aborted, `${until} not in: ${JSON.stringify(this.#text.slice(from))}`);
    }
  }

  async close(): Promise<void> {
    // The shell itself ends, and with it what it has started; `script` follows.
    await this.#writer.write(new TextEncoder().encode("\x05\x15exit\r"));
    const late = setTimeout(() => endProcess(this.#child), 60_000);
    await this.#child.status;
    clearTimeout(late);
    await this.#reading;
    await this.#writer.close().catch(() => {});
  }
}

/** Keys, a tab, and what the line must read afterwards. */
const LINES: readonly (readonly [typed: string, completed: RegExp])[] = [
  ["ssmd arch", /ssmd archive /],
  ["ssmd archive ver", /ssmd archive verify /],
  ["ssmd archive verify --outp", /ssmd archive verify --output/],
  ["ssmd version --output ya", /ssmd version --output yaml/],
  ["ssmd version --output=ya", /ssmd version --output=yaml/],
  ["ssmd up --env demo-n", /ssmd up --env demo-nats/],
  ["ssmd up --env=kal", /ssmd up --env=kalshi/],
  ["ssmd exchange serve kra", /ssmd exchange serve kraken/],
  ["ssmd archive cat deno.js", /ssmd archive cat deno\.json/],
  ["ssmd archive verify --data=doc", /ssmd archive verify --data=docs\//],
  ["ssmd archive verify --data ~/my", /ssmd archive verify --data ~\/my\\ data\//],
  ["ssmd archive verify --data=docs --data $HOME/my", /--data \$HOME\/my\\ data\//],
  ["ssmd help archive c", /ssmd help archive cat/],
];

for (const shell of ["bash", "zsh", "fish"] as const) {
  const needs = shell === "fish" ? !isThere("fish") : !isThere(shell) && !REQUIRED;
  Deno.test({
    name: `a person at ${shell} completes commands, flags, values, names and files with a tab`,
    ignore: needs || (!isThere("script") && !REQUIRED),
    async fn() {
      const bin = await binDir();
      const terminal = new Terminal(shell, bin);
      try {
        await terminal.type(`${SOURCE[shell]}; echo rea''dy\r`, /ready/);
        for (const [typed, completed] of LINES) {
          await terminal.type(`${typed}\t`, completed);
          // Ctrl-E, Ctrl-U: an empty line again.
          await terminal.type(`\x05\x15echo next''line\r`, /nextline/);
        }
      } finally {
        await terminal.close();
        await Deno.remove(bin, { recursive: true });
      }
    },
  });
}
