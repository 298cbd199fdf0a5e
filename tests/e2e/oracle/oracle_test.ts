import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { natsServerAvailable } from "../../servers/nats_server.ts";
import { fakeClock } from "./fake_clock.ts";

/** Kinds of events are dealt as cards: a short form has each at most once. */
const EVENTS = Number(Deno.env.get("SSMD_ORACLE_EVENTS") ?? 12);
/** About how long an event takes; where it takes longer, fewer of them come before midnight. */
const EVENT_SECONDS = 3;
const START_SECONDS = 25;
const HERE = fileURLToPath(new URL("./", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TEXT = new TextDecoder();

async function torment(dir: string, seed: number, env: Record<string, string>, seconds: number) {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "-A", "--no-check", "--frozen", "--config", `${ROOT}deno.json`],
      ...[`${HERE}torment.ts`, dir, String(seed), String(EVENTS), String(seconds)],
    ],
    env: { ...env, NO_COLOR: "1" },
  }).spawn().status;
  assert.equal(code, 0, "the torment broke off");
}

async function check(dir: string, archive: string): Promise<void> {
  const args = ["-B", `${HERE}check.py`, dir];
  const { code, stdout, stderr } = await new Deno.Command("python3", { args }).output();
  const said = TEXT.decode(stdout) + TEXT.decode(stderr);
  console.log(`${archive}: ${said.slice(0, 10_000)}`);
  assert.equal(code, 0, `raw and the ${archive} do not agree`);
}

/** Only pyarrow reads sealed days here, as users' tools do. */
function readsSealedDays(): boolean {
  if (Deno.env.get("SSMD_REQUIRE_SERVICES") === "1") return true;
  const args = ["-c", "import pyarrow"];
  return new Deno.Command("python3", { args, stderr: "null" }).outputSync().success;
}

async function ssmd(dir: string, ...args: string[]): Promise<void> {
  const run = ["run", "-q", "-A", "--no-check", "--frozen", "--config", `${ROOT}deno.json`];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...run, `${ROOT}cli/main.ts`, ...args],
    cwd: dir,
  }).output();
  assert.equal(code, 0, TEXT.decode(stderr));
}

Deno.test({
  name:
    `after ${EVENTS} kills, restarts, refusals, freezes and wipes of the bus, over midnight and ` +
    "with two archivers, a reader that shares nothing with us finds each record once and each loss told",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const seed = Number(Deno.env.get("SSMD_ORACLE_SEED") ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed} (again with SSMD_ORACLE_SEED=${seed} SSMD_ORACLE_EVENTS=${EVENTS})`);
    const dir = await Deno.makeTempDir({ prefix: "ssmd-oracle-" });
    const seconds = START_SECONDS + EVENTS * EVENT_SECONDS;
    let whole = false;
    try {
      await torment(dir, seed, fakeClock(seconds), seconds);
      await check(dir, "archive");
      await ssmd(dir, "archive", "verify", "--data", `${dir}/data`);
      if (readsSealedDays()) {
        await ssmd(dir, "archive", "seal", "--force", "--data", `${dir}/data`);
        await check(dir, "sealed archive");
      }
      whole = true;
    } finally {
      if (whole) await Deno.remove(dir, { recursive: true });
      else console.log(`everything is kept in ${dir}`);
    }
  },
});
