import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { HOSTILE_TRANSFORMS } from "@ssmd/transforms/testing/hostile_transforms";
import { threadCpuClock } from "../../tests/contract/cpu_time.ts";
import type { StreamClient } from "../testing/stream_client.ts";
import { withTransforms } from "../testing/transforms_service.ts";

const ROUND_RECORDS = 30;
const threadCpuUs = threadCpuClock();
const SECRET = "planted-secret-2b7d";
/** Most that a hostile transform may slow others down: one in a shared thread does a hundredfold. */
const SLOWER_MAX = 3;

/** Twenty that harm who shares something with them; a test beside the processes has all. */
const CHOSEN = HOSTILE_TRANSFORMS.filter(({ name }) =>
  /loops|pattern|fills|huge|reads|changes|stdout|ends|timer|lies|repeat|grows|promise/.test(name)
).slice(0, 20);

const HONEST = `return function(record) return record.symbol .. "," .. record.price end`;

/** Sources as a stored file: past the checks of `ssmd transform add`, which an attacker goes around. */
function sources(planted: (text: string) => string): Record<string, string> {
  const entries = CHOSEN.map(({ language, code }, i): [string, string] => {
    const body = code.replace(/^"use strict"; return function/, "export default function")
      .replace(/;$/, "");
    return [`hostile_${i}.${language}`, planted(language === "ts" ? body : code)];
  });
  return { ...Object.fromEntries(entries), "honest.lua": HONEST };
}

/** Time of a record from its publication to the plain client. */
interface Delivery {
  tookMs: number;
  /** CPU time of the gateway's thread: all it did before, plainly what other processes take away. */
  cpuUs: number;
}

/** Publishes a round of trades. */
async function round(plain: StreamClient, trade: () => void): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  for (let i = 0; i < ROUND_RECORDS; i++) {
    const wanted = plain.count("trade") + 1;
    const [startedMs, startedCpuUs] = [performance.now(), threadCpuUs()];
    trade();
    await plain.when(() => plain.count("trade") >= wanted);
    const cpuUs = threadCpuUs() - startedCpuUs;
    deliveries.push({ tookMs: performance.now() - startedMs, cpuUs });
    await delay(1);
  }
  return deliveries;
}

/** The value below which a share of values is. */
function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}

Deno.test("hostile transforms cost no other client a record or its time, and read no secret", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-hostile-" });
  await Deno.writeTextFile(`${dir}/secret.json`, JSON.stringify(SECRET));
  Deno.env.set("SSMD_SECRET", SECRET);
  const planted = (text: string) =>
    text.replaceAll("@FILE@", `${dir}/secret.json`).replaceAll("@PORT@", "1");
  assert.equal(CHOSEN.length, 20);
  try {
    await withTransforms(sources(planted), async ({ client, connector }) => {
      const plain = await client("?symbols=BTCUSD&types=trade");
      const honest = await client("?symbols=BTCUSD&types=trade&transform=honest");
      for (const each of [plain, honest]) await each.next("subscribed");
      let sent = 0;
      const trade = () => connector.trade("BTCUSD", ++sent);
      const [alone, beside]: [Delivery[], Delivery[]] = [[], []];
      for (const [i, { name, language }] of CHOSEN.entries()) {
        alone.push(...await round(plain, trade));
        const bad = await client(`?symbols=BTCUSD&types=trade&transform=hostile_${i}`);
        await bad.when(() => bad.count("subscribed") + bad.count("error") > 0);
        beside.push(...await round(plain, trade));
        // Its caller hears of it: an output, an error in its place, or a refusal.
        await bad.when(() => bad.count("transformed") + bad.count("error") > 0);
        const said = JSON.stringify(bad.messages);
        assert.ok(!said.includes(SECRET), `${name} (${language}): ${said.slice(0, 500)}`);
        await bad.close();
      }
      await honest.when(() => honest.count("transformed") === sent);
      const lines = honest.of("transformed").map(({ text }) => text);
      assert.deepEqual(lines, Array.from({ length: sent }, (_, i) => `BTCUSD,${i + 1}`));
      assert.equal(plain.count("trade"), sent);
      assert.deepEqual([...plain.of("dropped"), ...honest.of("dropped")], []);
      const ratio = (name: keyof Delivery, share: number) => {
        const [slowed, plainly] = [beside, alone].map((all) => all.map((each) => each[name]));
        return quantile(slowed ?? [], share) / quantile(plainly ?? [], share);
      };
      const [delayed, worked] = [ratio("tookMs", 0.5), ratio("cpuUs", 0.99)];
      console.log(
        `others: median delay ${delayed.toFixed(2)} ×, p99 of work before delivery ` +
          `${worked.toFixed(2)} ×`,
      );
      assert.ok(delayed < SLOWER_MAX && worked < SLOWER_MAX, `${delayed} ×, ${worked} × slower`);
    }, { sessions: { total: 64, perCaller: 64 } });
  } finally {
    Deno.env.delete("SSMD_SECRET");
    await Deno.remove(dir, { recursive: true });
  }
});
