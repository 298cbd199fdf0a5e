import assert from "node:assert/strict";
import { childrenCpuMsOf, cpuMsOf } from "../contract/cpu_time.ts";
import { FakeProvider, type Json } from "../servers/fake_provider.ts";
import { Folder } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const ENV = "defining";
const WORDS = "when the spread of any KXBTC market doubles within ten seconds";
const BRANCH = "signal/spread_doubles";

const DRAFT = {
  ...{ id: "spread_doubles", title: "The spread doubles", feeds: ["kalshi"], symbols: ["KXBTC*"] },
  ...{ params: { minSpread: 0.04 }, state: [{ name: "book", builder: "orderbook" }] },
  ...{ when: "book.spread >= p.minSpread", edge: "rising", cooldown: "10s", every: null },
  fire: { spread: "book.spread" },
};

/** A syntax error, a type error, a clock, then right. */
const ANSWERS: Json[] = [
  { summary: "The spread doubles.", question: null },
  { ...DRAFT, when: "((book.spread >= p.minSpread" },
  { ...DRAFT, when: "book.sprad >= p.minSpread" },
  { ...DRAFT, when: "book.spread >= p.minSpread && Date.now() > 0" },
  DRAFT,
];

/** Processor time from words to a commit, in units of work: 20 s where a unit takes 0.5 s. */
const UNITS_MAX = 40;
const NUMBERS = Array.from({ length: 200_000 }, (_, i) => i / 7);

/** Processor time of a unit of work on this machine, now, ms: how fast it is. */
async function unitMs(): Promise<number> {
  return await cpuMsOf(() => {
    for (let i = 0; i < 32; i++) JSON.parse(JSON.stringify(NUMBERS));
  });
}

/** A project in a repository of its own, whose model is at an address. */
class Project {
  readonly folder = new Folder();
  /** The only address that its commands may reach. */
  readonly #host: string;

  constructor(url: string) {
    this.#host = new URL(url).host;
  }

  async write(model: Json): Promise<void> {
    const { path } = this.folder;
    await writeRegistry(path, { name: ENV, feeds: { kalshi: { symbols: {} } }, simulatedRate: 1 });
    const file = `${path}/exchanges/environments/${ENV}.yaml`;
    const environment = JSON.parse(await Deno.readTextFile(file));
    environment.feeds = ["kalshi"];
    environment.keys = { model: { type: "api_key", fields: ["token"], source: "env" } };
    environment.agents = { model };
    await Deno.writeTextFile(file, JSON.stringify(environment));
    for (const args of [["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]]) {
      await this.git(...args);
    }
  }

  async git(...args: string[]): Promise<string> {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"];
    return (await this.#run("git", [...identity, ...args])).out;
  }

  /** Runs a command of ssmd that may reach the model's address and no other. */
  async ssmd(...args: string[]): Promise<Json> {
    const { code, out, err } = await this.#ssmd(...args, "--env", ENV, "--output", "json");
    assert.equal(code, 0, out + err);
    return JSON.parse(out);
  }

  /** Runs a command that is refused; what it says. */
  async refused(...args: string[]): Promise<string> {
    const { code, out, err } = await this.#ssmd(...args, "--env", ENV);
    assert.equal(code, 1, out + err);
    return err;
  }

  #ssmd(...args: string[]) {
    const rights = ["read", "write", "env", "run", "sys", "ffi"].map((name) => `--allow-${name}`);
    return this.#run(Deno.execPath(), [
      ...["run", "-q", "--no-prompt", "--frozen", `--config=${ROOT}deno.json`, ...rights],
      ...[`--allow-net=${this.#host}`, `${ROOT}cli/main.ts`, ...args],
    ]);
  }

  async #run(program: string, args: string[]): Promise<{ code: number; out: string; err: string }> {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      ...{ args, cwd: this.folder.path, stdin: "null" },
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", SSMD_KEY_MODEL_TOKEN: "secret-token" },
    }).output();
    const text = new TextDecoder();
    return { code, out: text.decode(stdout), err: text.decode(stderr) };
  }
}

for (const type of ["openai", "anthropic"] as const) {
  Deno.test(`words become one commit with a model of ${type} that errs three times, and nothing else is reached`, async () => {
    await using provider = await new FakeProvider([...ANSWERS]).start();
    const project = new Project(provider.url);
    await using _ = project.folder;
    const url = type === "anthropic" ? provider.url : `${provider.url}/v1`;
    await project.write({ type, model: "m", url, credentials: { token: "$key:model.token" } });
    const unit = await unitMs();
    const startedAt = performance.now();
    let thread: unknown;
    const cpuMs = await childrenCpuMsOf(async () => {
      thread = (await project.ssmd("agent", "define", WORDS))["thread"];
      await project.ssmd("agent", "approve", String(thread), "--yes", "--dir", ".");
    });
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    console.log(
      `${seconds(cpuMs)} s of processor time from words to commit, ${
        (cpuMs / unit).toFixed(0)
      } units of ${unit} ms; ${seconds(performance.now() - startedAt)} s on the wall`,
    );
    assert.ok(cpuMs < UNITS_MAX * unit, `${cpuMs} ms; a unit takes ${unit} ms`);
    assert.equal((await project.git("log", "--oneline", BRANCH)).trim().split("\n").length, 2);
    const shown = await project.git("show", "--stat", "--format=%B", BRANCH);
    for (
      const part of [
        ...["signals/spread_doubles.ts", "signals/spread_doubles_test.ts", "Approved-Hash: "],
        ...[`Agent-Thread: ${thread}`, `Agent-Model: ${type} m`, "Source-Hash: "],
      ]
    ) assert.ok(shown.includes(part), `${part} in\n${shown}`);
    // What the checks found went back to the model, word for word.
    assert.equal(provider.requests.length, ANSWERS.length);
    const asked = provider.requests.map(({ body }) => JSON.stringify(body));
    assert.match(asked[3] ?? "", /sprad/);
    assert.match(asked[4] ?? "", /Date/);
    // The same words again cost no call.
    const refusal = await project.refused("agent", "define", WORDS);
    assert.match(
      refusal,
      new RegExp(`${thread} made the signal spread_doubles.*THREAD_EXISTS`, "s"),
    );
    assert.equal(provider.requests.length, ANSWERS.length);
  });
}
