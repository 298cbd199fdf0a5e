import assert from "node:assert/strict";
import { INSTRUMENT_FILE, type InstrumentFile, SecurityMaster } from "@ssmd/metadata";
import { isoOfUs } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { answerSql } from "./sql_query.ts";
import { AnswerRows } from "./testing/answer_rows.ts";

async function ask(sql: string, instruments?: readonly InstrumentFile[]): Promise<unknown[]> {
  const answer = new AnswerRows();
  const cacheDir = await Deno.makeTempDir({ prefix: "ssmd-cache-" });
  try {
    await answerSql({
      ...{ sql, env: "test", storage: memoryStorage(), span: {}, rowsMax: null, cacheDir },
      memoryBytesMax: 256e6,
      ...(instruments && { instruments: () => Promise.resolve(instruments) }),
    }, answer);
    return answer.objects as unknown[];
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
}

const DAY = (day: number) => `2026-11-${String(1 + day).padStart(2, "0")}T00:00:00Z`;
const STATES = ["listed", "open", "halted", "closed", "determined", "disputed", "settled"] as const;

/** Instruments with versions that came in any order, some of one effective time. */
function instruments(): InstrumentFile[] {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  return Array.from({ length: 20 }, (_, i) => {
    const versions = Array.from({ length: 1 + random(9) }, () => ({
      effective: DAY(random(20)),
      known: DAY(random(20)),
      state: STATES[random(STATES.length)],
    }));
    // Of two with the same times the order of the file would decide.
    const unlike = new Map(versions.map((each) => [`${each.effective} ${each.known}`, each]));
    return INSTRUMENT_FILE.parse({
      ...{ id: `M-${i}`, name: `Market "${i}"`, asset_class: "event" },
      versions: [...unlike.values()],
      mappings: [
        { feed: "kalshi", external: `EXT-${i}`, from: DAY(1), to: DAY(5), known: DAY(1) },
        { feed: "kalshi", external: `NEW-${i}`, from: DAY(5), known: DAY(4) },
      ],
    });
  });
}

Deno.test("what SQL says of a time on both clocks is what the security master says", async () => {
  const all = instruments();
  const master = new SecurityMaster();
  for (const each of all) master.put(each);
  for (const [asOf, knownAt] of [[4, 19], [10, 10], [19, 6], [15, 19]] as const) {
    const rows = await ask(
      `select id, state from instruments
       where effective_at <= '${DAY(asOf)}' and known_at <= '${DAY(knownAt)}'
       qualify row_number() over (partition by id order by effective_at desc, known_at desc) = 1`,
      all,
    );
    const found = new Map((rows as { id: string; state: string }[]).map((r) => [r.id, r.state]));
    const at = { asOfUs: Date.parse(DAY(asOf)) * 1000, knownAtUs: Date.parse(DAY(knownAt)) * 1000 };
    for (const { id } of all) assert.equal(found.get(id), master.versionAt(id, at)?.state, id);
  }
});

Deno.test("names of feeds are rows with the span in which they mean an instrument", async () => {
  const [first] = instruments();
  assert.ok(first);
  assert.deepEqual(
    await ask("select external, from_at, to_at from mappings order by from_at", [first]),
    [
      { external: "EXT-0", from_at: isoOfUs(Date.parse(DAY(1)) * 1000), to_at: iso(5) },
      { external: "NEW-0", from_at: iso(5), to_at: null },
    ],
  );
  const sql = `select i.name, m.external from instruments i join mappings m using (id)
    where m.to_at is null limit 1`;
  assert.deepEqual(await ask(sql, [first]), [{ name: 'Market "0"', external: "NEW-0" }]);
});

function iso(day: number): string {
  return isoOfUs(Date.parse(DAY(day)) * 1000);
}

Deno.test("venues' fields are JSON, an empty master is a table, and files stay out of reach", async () => {
  const at = { effective: DAY(0), known: DAY(0) };
  const all = [INSTRUMENT_FILE.parse({
    ...{ id: "KUSD", name: "K", asset_class: "crypto" },
    versions: [{
      ...{ ...at, state: "open", size_min: "0.00005", venue: { wsname: "K/USD" } },
      price_grid: [{ from: "0", to: "1", step: "0.01" }],
    }],
  })];
  assert.deepEqual(
    await ask(
      `select size_min, price_grid::json->0->>'step' as step, venue::json->>'wsname' as name,
       figi from instruments`,
      all,
    ),
    [{ size_min: 0.00005, step: "0.01", name: "K/USD", figi: null }],
  );
  assert.deepEqual(await ask("select * from instruments", []), []);
  assert.deepEqual(await ask("select 1 as one", all), [{ one: 1 }]);
  await assert.rejects(ask("select * from read_json('/tmp/x.json') -- instruments", all), {
    code: "QUERY_REFUSED",
  });
});
