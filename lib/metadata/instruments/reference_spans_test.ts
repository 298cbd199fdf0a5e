import assert from "node:assert/strict";
import type { InstrumentFile } from "./instrument_file.ts";
import { referenceSpans } from "./reference_spans.ts";
import { SecurityMaster } from "./security_master.ts";

type State = InstrumentFile["versions"][number]["state"];

function instrument(
  id: string,
  states: readonly (readonly [known: string, state: State])[],
  mapping: { from: string; known: string },
): InstrumentFile {
  return {
    ...{ id, name: id, asset_class: "crypto" },
    versions: states.map(([known, state]) => ({ effective: known, known, state })),
    mappings: [{ feed: "kraken", external: "X", ...mapping }],
  };
}

/** State and instrument of the market over time, only where they change. */
function valuesOf(instruments: readonly InstrumentFile[]): string[] {
  const master = new SecurityMaster();
  for (const each of instruments) master.put(each);
  const market = { feed: "kraken", symbol: "MINE", external: "X" };
  const spans = referenceSpans(master, market, ["instrument", "state"]);
  const texts = spans.map(({ fromUs, values }) => ({ fromUs, text: values.join(" ") }));
  return texts.filter(({ text }, i) => text !== texts[i - 1]?.text)
    .map(({ fromUs, text }) => `${new Date(fromUs / 1000).toISOString().slice(0, 10)} ${text}`);
}

const OLD = instrument("OLD", [["2026-01-01", "open"], ["2026-02-01", "halted"]], {
  ...{ from: "2026-01-01", known: "2026-01-01" },
});

Deno.test("a name that a venue gave to another instrument means it from when that was known", () => {
  const reused = instrument("NEW", [["2026-03-10", "open"]], {
    ...{ from: "2026-03-01", known: "2026-03-10" },
  });
  assert.deepEqual(valuesOf([OLD, reused]), [
    ...["2026-01-01 OLD open", "2026-02-01 OLD halted", "2026-03-10 NEW open"],
  ]);
});

Deno.test("until a mapping was corrected, values are those of the instrument that it named", () => {
  const corrected = instrument("NEW", [["2026-03-10", "open"]], {
    ...{ from: "2026-01-01", known: "2026-03-10" },
  });
  assert.deepEqual(valuesOf([OLD, corrected]), [
    ...["2026-01-01 OLD open", "2026-02-01 OLD halted", "2026-03-10 NEW open"],
  ]);
});
