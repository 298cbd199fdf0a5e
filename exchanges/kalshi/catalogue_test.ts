import { answerRest } from "@ssmd/simulator/kalshi_rest";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { INSTRUMENT_FILE } from "@ssmd/metadata";
import { kalshiCatalogue } from "./catalogue.ts";

const CAPTURES = Deno.env.get("SSMD_CAPTURES") ??
  new URL("../../../shared/captures", import.meta.url).pathname;
const FOLDER = `${CAPTURES}/rest`;
const ignore = !existsSync(FOLDER);
const REQUEST = { feed: "kalshi", known: "2026-11-28T00:00:00Z" };

/** What an independent reading of recorded answers says of each market. */
const PYTHON = `
import json, sys
answers = json.load(sys.stdin)
fees = {s["ticker"]: s for s in answers["series"]}
out = {}
for m in answers["markets"]:
    s = fees.get(m["event_ticker"].split("-")[0])
    states = {"active": "open", "closed": "closed", "finalized": "settled", "initialized": "listed"}
    out[m["ticker"]] = {
        "state": states[m["status"]],
        "grid": [[r["start"], r["end"], r["step"]] for r in m["price_ranges"]],
        "fees": None if s is None else [s["fee_type"], str(s["fee_multiplier"]).removesuffix(".0")],
        "result": m["result"] or None, "event": m["event_ticker"],
        "opens": m["open_time"], "closes": m["close_time"],
    }
json.dump(out, sys.stdout)
`;

function recorded(name: string): Record<string, unknown> {
  return JSON.parse(zstdDecompressSync(readFileSync(`${FOLDER}/${name}.json.zst`)).toString());
}

async function python(input: unknown): Promise<Record<string, unknown>> {
  const child = new Deno.Command("python3", {
    ...{ args: ["-c", PYTHON], stdin: "piped", stdout: "piped" } as const,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("recorded answers give the tree, fees and grids that an independent script reads", {
  ignore,
}, async () => {
  const { payloads } = recorded("kalshi-2026-08-series_fee_fields") as {
    payloads: Record<string, { series: Record<string, unknown> }>;
  };
  const series = Object.values(payloads).map((each) => each.series);
  const { markets } = recorded("kalshi-2026-08-markets_settled") as {
    markets: Record<string, unknown>[];
  };
  const { events } = recorded("kalshi-2026-08-events_nfl_preseason") as {
    events: { markets: Record<string, unknown>[] }[];
  };
  const all = [...markets, ...events.flatMap((event) => event.markets)];
  const expected = await python({ series, markets: all });
  const ask = (path: string) => {
    const { pathname, searchParams } = new URL(path, "http://x");
    return Promise.resolve(
      JSON.parse(answerRest({ series, markets: all }, pathname, searchParams).body),
    );
  };
  const read: Record<string, unknown> = {};
  for await (const page of kalshiCatalogue.instruments(ask, REQUEST)) {
    for (const instrument of page) {
      INSTRUMENT_FILE.parse(instrument);
      const [version] = instrument.versions;
      assert.ok(version);
      const { state, price_grid = [], fees, result, group, opens, closes } = version;
      read[instrument.id] = {
        ...{ state, grid: price_grid.map(({ from, to, step }) => [from, to, step]) },
        fees: fees === undefined ? null : [fees.type, fees.multiplier],
        ...{ result: result ?? null, event: group, opens, closes },
      };
    }
  }
  assert.ok(Object.keys(read).length > 50);
  assert.deepEqual(read, expected);
});

Deno.test("a cursor that runs in circles and an answer that is none are errors with a name", async () => {
  const all = async (markets: unknown) => {
    const ask = (path: string) => Promise.resolve(path === "/series" ? { series: [] } : markets);
    for await (const _ of kalshiCatalogue.instruments(ask, REQUEST));
  };
  const code = { code: "VENUE_ANSWER_UNREADABLE" };
  await assert.rejects(all({ markets: [], cursor: "x" }), code);
  await assert.rejects(all({ error: "no" }), code);
  await all({ markets: [null, { ticker: "no id" }, {}] });
});
