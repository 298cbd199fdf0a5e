import assert from "node:assert/strict";
import type { Fire } from "@ssmd/market";
import type { BacktestResult } from "@ssmd/signals";
import { compareLive } from "./compare_live.ts";

const HASHES = { sourceHash: "a", paramsHash: "b" };

function fireAt(receivedAtUs: number, id: string): Fire {
  return {
    ...{
      type: "fire",
      timestampUs: 0,
      receivedAtUs,
      symbol: "BTCUSD",
      feed: "kraken",
      sequence: 1,
    },
    ...{ run: 1, connection: 1, id, signal: "wide", version: 1, ...HASHES },
    ...{ causeSequence: 1, causeReceivedAtUs: receivedAtUs, values: "{}", engine: "" },
  };
}

/** Compares fires that a backtest found until 100 µs with these of the live run. */
async function compared(found: Fire[], live: Fire[], span: { settledUs?: number; toUs?: number }) {
  const query = {
    ...{ env: "test", signal: { id: "wide", ...HASHES, source: "", params: {} }, ...span },
    records: async function* ({ toUs = Infinity }: { toUs?: number }) {
      yield await Promise.resolve(live.filter(({ receivedAtUs }) => receivedAtUs < toUs));
    },
  };
  const result = { info: { id: "wide", feeds: ["kraken"], ...HASHES }, fires: found };
  const { equal, missing, extra, different } = await compareLive(
    query as unknown as Parameters<typeof compareLive>[0],
    { ...result, completeUs: 100 } as unknown as BacktestResult,
  );
  return { equal, missing, extra, different };
}

Deno.test("fires of moments that are not archived whole are no difference; all others are", async () => {
  const both = fireAt(50, "both");
  const [early, late] = [fireAt(60, "early"), fireAt(150, "late")];
  const open = { settledUs: 90 };
  assert.deepEqual(await compared([both], [both, late], open), {
    ...{ equal: 1, missing: [], extra: [], different: [] },
  });
  assert.deepEqual(await compared([both, late], [both], open), {
    ...{ equal: 1, missing: [], extra: [], different: [] },
  });
  assert.deepEqual(await compared([both], [both, early], open), {
    ...{ equal: 1, missing: ["early"], extra: [], different: [] },
  });
  assert.deepEqual(await compared([both, late], [both], { settledUs: 1000, toUs: 200 }), {
    ...{ equal: 1, missing: [], extra: ["late"], different: [] },
  });
});
