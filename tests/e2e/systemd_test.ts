import assert from "node:assert/strict";
import { eventually, Folder, RunningUp, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const UNITS = new URL("../../deploy/systemd/", import.meta.url).pathname;
/** `systemd-analyze security`: 10 = nothing is forbidden. */
const EXPOSURE_MAX = 2;
/** Stops under load; the long form is SSMD_SOAK_STOPS=20. */
const STOPS = Number(Deno.env.get("SSMD_SOAK_STOPS") ?? 2);

/** The programs of systemd, on a copy of the units in which only their program is there. */
async function analyze(dir: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("systemd-analyze", {
    args: [...args, "--no-pager"],
    env: { SYSTEMD_UNIT_PATH: `${dir}:` },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, text);
  return text;
}

function systemdAvailable(): boolean {
  if (Deno.env.get("SSMD_REQUIRE_SERVICES") === "1") return true;
  try {
    return new Deno.Command("systemd-analyze", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

async function unitNames(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(UNITS));
  return entries.map(({ name }) => name).filter((name) => name.endsWith(".service"));
}

Deno.test({
  name: "systemd reads the units without a word, and finds little that they may do",
  ignore: !systemdAvailable(),
  fn: async () => {
    await using folder = new Folder();
    const dropIn = "ssmd-.service.d";
    await Deno.mkdir(`${folder.path}/${dropIn}`);
    await Deno.copyFile(
      `${UNITS}${dropIn}/common.conf`,
      `${folder.path}/${dropIn}/common.conf`,
    );
    const names = await unitNames();
    assert.ok(names.length >= 6, names.join());
    for (const name of names) {
      const text = await Deno.readTextFile(UNITS + name);
      const there = text.replace("/opt/ssmd/deploy/launch", "/bin/true");
      await Deno.writeTextFile(`${folder.path}/${name}`, there);
    }
    for (const name of names) {
      const unit = `${folder.path}/${name.replace("@", "@kraken")}`;
      assert.equal(await analyze(folder.path, "verify", unit), "", name);
      const text = await analyze(folder.path, "security", "--offline=yes", unit);
      const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
      assert.ok(exposure <= EXPOSURE_MAX, `${name}: ${exposure}\n${text}`);
    }
  },
});

Deno.test("what a unit starts and ends by its signal, under load, loses nothing", async () => {
  const unit = await Deno.readTextFile(`${UNITS}ssmd-up.service`);
  const common = await Deno.readTextFile(`${UNITS}ssmd-.service.d/common.conf`);
  const start = /^ExecStart=\/opt\/ssmd\/deploy\/launch ssmd up (.*)$/m.exec(unit)?.[1] ?? "";
  assert.equal(start, "--env ${SSMD_ENV}");
  assert.doesNotMatch(unit + common, /^KillSignal=/m, "SIGTERM is systemd's own");
  await using folder = new Folder();
  await writeRegistry(folder.path, {
    ...{ name: "box", simulatedRate: 2000 },
    feeds: { kraken: { symbols: { BTCUSD: "BTC/USD" } } },
  });
  const published = 'ssmd_connector_messages_published_total{feed="kraken",type="trade"}';
  for (let stop = 0; stop < STOPS; stop++) {
    await using up = new RunningUp(["--env", "box"], { cwd: folder.path });
    await eventually("trades", async () => (await up.metric(published) ?? 0) >= 200);
    const { code, output } = await up.stop("SIGTERM");
    assert.equal(code, 0, output);
  }
  const { ok, problems, days, output } = await verify(`${folder.path}/data`);
  assert.ok(ok, output);
  assert.deepEqual(problems, []);
  const trades = days.reduce((sum, { records }) => sum + records.trade, 0);
  assert.ok(trades >= STOPS * 200, output);
});
