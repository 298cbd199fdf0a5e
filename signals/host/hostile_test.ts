import assert from "node:assert/strict";
import { compareFires } from "../engine/fire_id.ts";
import { importFindings, lintFindings, typeFindings } from "../check/static_findings.ts";
import { marketWalk } from "../check/market_walk.ts";
import { linkSignal } from "../source/link_signal.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { batchesOf, librarySignal, rawSignal } from "../testing/hosted.ts";
import { HOSTILE, type Hostile } from "../testing/hostile_authors.ts";
import type { HostedSignal } from "./load_signal.ts";

const SECRET = "planted-secret-7f3a";
const RECORDS = marketWalk({ count: 3000, seed: 5 });
const BATCHES = batchesOf(RECORDS, 500);

Deno.test("each hostile file is refused with its line and the reason", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-hostile-" });
  try {
    const paths = await Promise.all(HOSTILE.map(async ({ source }, i) => {
      const path = `${dir}/hostile_${i}.ts`;
      await Deno.writeTextFile(path, source.replaceAll("@FILE@", `${dir}/secret.json`));
      return path;
    }));
    const rules = await lintFindings(paths);
    for (const [i, { name, refusal, line }] of HOSTILE.entries()) {
      const path = paths[i] ?? "";
      const { findings } = await importFindings(path);
      const own = [...rules.filter(({ file }) => file === path), ...findings];
      const all = own.length > 0 ? own : await typeFindings([path]);
      const shown = all.map((each) => `${each.line}: ${each.message}`).join("\n");
      const isRefused = all.some((each) => each.line === line && refusal.test(each.message));
      assert.ok(isRefused, `${name}: wanted ${refusal} on line ${line}\n${shown}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** A hostile file as a host would get it from somebody who went around the gate. */
async function unchecked(
  { source, unchecked: code }: Hostile,
  id: string,
  { secret, port }: { secret: string; port: number },
): Promise<HostedSignal> {
  const planted = (text: string) =>
    text.replaceAll("@FILE@", secret).replaceAll("@PORT@", String(port));
  if (code !== undefined) return rawSignal(id, planted(code));
  try {
    const linked = await linkSignal(`${id}.ts`, () => Promise.resolve(planted(source)));
    return { id, code: linked.code, sourceHash: linked.sourceHash, params: {} };
  } catch {
    return rawSignal(id, planted(source.slice(source.indexOf("\n"))));
  }
}

Deno.test("without the gate none reads a secret, opens a socket, or changes another's fires", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-hostile-" });
  const secret = `${dir}/secret.json`;
  await Deno.writeTextFile(secret, JSON.stringify(SECRET));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  })();
  Deno.env.set("SSMD_SECRET", SECRET);
  try {
    const good = await Promise.all([
      librarySignal("imbalance_flip", { threshold: 0.4 }),
      librarySignal("price_crosses"),
      librarySignal("volume_spike", { times: 2 }),
    ]);
    const { port } = listener.addr;
    const hostile = await Promise.all(
      HOSTILE.map((each, i) => unchecked(each, `a_hostile_${i}`, { secret, port })),
    );
    const alone = await said(good);
    // Their conditions are asked before those of the others.
    const together = await said([...hostile, ...good]);
    const text = JSON.stringify(together);
    assert.ok(!text.includes(SECRET), "the planted secret was said");
    assert.equal(connections, 0);
    assert.deepEqual(together.quarantined, []);
    // Each one ran: it did not load, threw, or said what it got.
    const reported = [
      ...together.failed.map(({ id }) => id),
      ...[...together.reports, ...together.fires].map(({ signal }) => signal),
    ];
    const silent = HOSTILE.filter((_, i) => !reported.includes(`a_hostile_${i}`));
    assert.deepEqual(silent.map(({ name }) => name), []);
    const isGood = ({ signal }: { signal: string }) => good.some(({ id }) => id === signal);
    assert.ok(alone.fires.length > 20, `${alone.fires.length} fires`);
    assert.deepEqual(together.fires.filter(isGood), alone.fires);
  } finally {
    Deno.env.delete("SSMD_SECRET");
    listener.close();
    await accepting;
    await Deno.remove(dir, { recursive: true });
  }
});

/** All that a host of signals says. */
async function said(signals: readonly HostedSignal[]) {
  const quarantined: string[] = [];
  const supervisor = new Supervisor({
    signals,
    onQuarantine: ({ signal }) => quarantined.push(signal),
  });
  try {
    const { failed } = await supervisor.start();
    const results = [];
    for (const batch of BATCHES) results.push(await supervisor.send(batch));
    return {
      ...{ failed, quarantined },
      fires: results.flatMap(({ fires }) => fires).sort(compareFires),
      reports: results.flatMap(({ reports }) => reports),
    };
  } finally {
    await supervisor.stop();
  }
}

Deno.test("what differs by machine or run is not in a host, and nobody brings it back", async () => {
  const code = `const parts = [[Math, "random"], [Error, "captureStackTrace"],
    ...[String, Number, BigInt, Array, Object].map((kind) => [kind.prototype, "toLocaleString"]),
    [String.prototype, "localeCompare"], [String.prototype, "toLocaleUpperCase"]];
  const found = parts.filter(([of, name]) => {
    try {
      of[name] = () => 4;
    } catch {
      // Frozen.
    }
    try {
      Object.defineProperty(of, name, { value: () => 4 });
    } catch {
      // Frozen.
    }
    return of[name] !== undefined;
  });
  throw new TypeError(found.map(([, name]) => name).join() || "nothing");`;
  const supervisor = new Supervisor({ signals: [rawSignal("seeks", code)] });
  try {
    const { failed } = await supervisor.start();
    assert.deepEqual(failed, [{ id: "seeks", message: "TypeError: nothing" }]);
  } finally {
    await supervisor.stop();
  }
});
