import assert from "node:assert/strict";
import { eventually, Folder, Running, RunningUp, verify } from "./_process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const LINE_SECONDS_MAX = 300;
const MARKETS = ["KXSIMBTC-26DEC31-T99999.99", "KXSIMETH-26DEC31-T4999.99"];
/** Frames that are waited for. */
const FRAMES_MIN = 50;

/** A person's shell: `ssmd` from the repository, with its own permissions and no others. */
class Shell {
  readonly #dir: string;
  readonly #env: Record<string, string>;

  constructor(dir: string, env: Record<string, string>) {
    this.#dir = dir;
    Deno.mkdirSync(`${dir}/bin`);
    Deno.symlinkSync(`${ROOT}cli/ssmd`, `${dir}/bin/ssmd`);
    Deno.symlinkSync(Deno.execPath(), `${dir}/bin/deno`);
    Deno.mkdirSync(`${dir}/project`);
    this.#env = {
      ...env,
      PATH: `${dir}/bin:${Deno.env.get("PATH")}`,
      GIT_CONFIG_GLOBAL: "/dev/null",
      ...{ GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@example.com" },
      ...{ GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@example.com" },
    };
  }

  get project(): string {
    return `${this.#dir}/project`;
  }

  /** Types a line; it must end with 0. Gives all that was said. */
  async type(line: string): Promise<string> {
    const output = await new Deno.Command("timeout", {
      args: [String(LINE_SECONDS_MAX), "bash", "-o", "pipefail", "-c", `{ ${line}; } 2>&1`],
      cwd: this.project,
      env: this.#env,
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(output.stdout);
    assert.equal(output.code, 0, `$ ${line}\n${said}`);
    return said;
  }
}

Deno.test("a new user comes from nothing to archived data of a venue that wants signatures, as typed", async () => {
  await using folder = new Folder();
  await using venue = new Running(["exchange", "serve", "kalshi", "--output", "json"]);
  const { url, key_id, key_file } = await venue.line("serving");
  const shell = new Shell(folder.path, { KEY_ID: String(key_id), KEY_FILE: String(key_file) });

  await shell.type("git init -q");
  assert.match(await shell.type("ssmd init"), /next: ssmd feed create/);
  await shell.type(
    "ssmd feed create kalshi --type prediction --endpoint wss://venue.example/trade-api/ws/v2 " +
      "--auth rsa-pss-sha256 --auth-fields key_id,private_key --sequence-field seq " +
      "--parser kalshi-2026-03-12",
  );
  assert.match(await shell.type("ssmd schema register"), /added exchanges\/schemas\/trade\.capnp/);
  await shell.type(`ssmd env create mine --feeds kalshi --set endpoints.kalshi=${url}`);
  for (const market of MARKETS) {
    await shell.type(`ssmd symbol map ${market} --env mine --feed kalshi`);
  }
  await shell.type('printf %s "$KEY_ID" | ssmd key set kalshi --env mine --field key_id');
  await shell.type('ssmd key set kalshi --env mine --field private_key < "$KEY_FILE"');
  assert.match(await shell.type("ssmd key verify"), /mine +kalshi +ok/);
  assert.match(await shell.type("ssmd validate --check-keys"), /nothing is wrong/);
  assert.match(await shell.type("ssmd diff"), /added exchanges\/environments\/mine\.yaml/);
  assert.match(await shell.type('ssmd commit -m "registry: begin"'), /committed as/);
  assert.equal(await shell.type("git status --porcelain exchanges"), "");
  assert.match(
    await shell.type("ssmd env status mine --quiet"),
    /as of \w{10} [^]*missing_keys +-/,
  );

  await using up = new RunningUp(["--env", "mine"], { cwd: shell.project });
  await up.url();
  assert.equal(await up.endpoint("kalshi"), url);
  await eventually("enough frames", async () => {
    const name = 'ssmd_connector_messages_received_total{feed="kalshi"}';
    return ((await up.metric(name)) ?? 0) >= FRAMES_MIN;
  });
  const { code, output } = await up.stop();
  assert.equal(code, 0, output);
  const { ok, days, output: report } = await verify(`${shell.project}/data`);
  assert.ok(ok, report);
  const frames = days.reduce((sum, { raw_frames: some }) => sum + some, 0);
  const records = days.flatMap((day) => Object.values(day.records)).reduce((a, b) => a + b, 0);
  assert.ok(frames >= FRAMES_MIN && records > 0, report);
  assert.equal(up.captured()["records"], records);

  // The secret is where it belongs and nowhere else.
  const pem = await Deno.readTextFile(String(key_file));
  const secret = pem.split("\n")[5] ?? "";
  assert.ok(secret.length > 30);
  const found = await shell.type(`grep -rlF "${secret}" . || true`);
  assert.equal(found.trim(), "./secrets/mine-kalshi.yaml");
  assert.equal(await shell.type("git status --porcelain --ignored=no -- secrets"), "");
  assert.ok(!output.includes(secret));
  assert.match(await shell.type("ssmd schema used --data data"), /mine +kalshi +trade +v1/);
});
