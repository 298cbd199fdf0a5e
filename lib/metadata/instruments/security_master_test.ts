import assert from "node:assert/strict";
import fc from "fast-check";
import { INSTRUMENT_FILE, type InstrumentFile } from "./instrument_file.ts";
import { usOfInstant } from "./instant.ts";
import { SecurityMaster } from "./security_master.ts";

const DAY_US = 86_400_000_000;
const dayText = (n: number) =>
  new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString()
    .slice(0, 10);
const dayUs = (n: number) => usOfInstant(dayText(n)) as number;

const NUMBER = fc.integer({ min: 0, max: 12 });
const VERSION = fc.record({
  effective: NUMBER,
  known: NUMBER,
  result: fc.string({ minLength: 1 }),
});
const MAPPING = fc.record({
  external: fc.constantFrom("A", "B", "C"),
  id: fc.constantFrom("one", "two"),
  from: NUMBER,
  length: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
  known: NUMBER,
});

function instrument(id: string, more: Partial<InstrumentFile> = {}): InstrumentFile {
  const versions = [{ effective: dayText(0), known: dayText(0), state: "open" as const }];
  return { id, name: id, asset_class: "crypto", versions, mappings: [], ...more };
}

Deno.test("what held, as it was known then, is what a plain list of all versions says", () => {
  fc.assert(
    fc.property(
      fc.array(VERSION, { minLength: 1, maxLength: 12 }),
      NUMBER,
      NUMBER,
      (list, e, k) => {
        const master = new SecurityMaster();
        const versions = list.map(({ effective, known, result }) => ({
          ...{
            effective: dayText(effective),
            known: dayText(known),
            state: "open" as const,
            result,
          },
        }));
        master.put(instrument("one", { versions }));
        const found = master.versionAt("one", { asOfUs: dayUs(e), knownAtUs: dayUs(k) });
        const rows = list.filter(({ effective, known }) => effective <= e && known <= k);
        const latest = Math.max(...rows.map(({ effective }) => effective));
        const last = rows.filter(({ effective }) => effective === latest)
          .reduce<typeof rows[number] | undefined>(
            (best, row) => best === undefined || row.known >= best.known ? row : best,
            undefined,
          );
        assert.equal(found?.result, last?.result);
      },
    ),
    { numRuns: 500 },
  );
});

type Row = {
  external: string;
  id: string;
  from: number;
  length: number | undefined;
  known: number;
};

/** What a name means on a day, from a plain list of rows in the order in which they were added. */
function meaning(rows: readonly Row[], external: string, day: number, knownAt: number) {
  const known = rows.filter((row) => row.external === external && row.known <= knownAt);
  const starts = [...new Set(known.map(({ from }) => from))].sort((a, b) => b - a);
  for (const start of starts) {
    const same = known.filter(({ from }) => from === start);
    const newest = same.reduce((best, row) => row.known >= best.known ? row : best);
    // A row without length was taken back: the one before it counts.
    if (start > day || newest.length === 0) continue;
    return day < start + (newest.length ?? Infinity) ? newest.id : undefined;
  }
  return undefined;
}

function masterOf(rows: readonly Row[]): SecurityMaster {
  const master = new SecurityMaster();
  for (const id of ["one", "two"]) {
    const mappings = rows.filter((row) => row.id === id).map((
      { external, from, length, known },
    ) => ({
      ...{ feed: "kraken", external, from: dayText(from), known: dayText(known) },
      ...(length === undefined ? {} : { to: dayText(from + length) }),
    }));
    master.put(instrument(id, { mappings }));
  }
  return master;
}

Deno.test("fees of a day are those that a plain list of dates says", () => {
  fc.assert(
    fc.property(
      fc.array(NUMBER, { minLength: 1, maxLength: 6 }),
      fc.array(NUMBER, { minLength: 1, maxLength: 3 }),
      NUMBER,
      (days, knownDays, day) => {
        const fee_changes = days.map((from, i) => ({
          ...{ from: dayText(from), type: "quadratic", multiplier: String(i) },
        }));
        const master = new SecurityMaster();
        for (const known of knownDays) {
          const terms = { effective: dayText(0), known: dayText(known), state: "open" as const };
          const fees = { type: "quadratic", multiplier: "99" };
          master.put(instrument("one", { versions: [{ ...terms, fees, fee_changes }] }));
          const found = master.versionAt("one", { asOfUs: dayUs(day), knownAtUs: dayUs(12) });
          let expected = days.some((from) => from <= known) ? undefined : "99";
          for (let upTo = 0; upTo <= day; upTo++) {
            if (days.includes(upTo)) expected = String(days.lastIndexOf(upTo));
          }
          assert.equal(found?.fees?.multiplier, expected);
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("names mean on each day what a plain list of all mappings says", () => {
  const oneKnown = fc.uniqueArray(MAPPING, {
    maxLength: 10,
    // Two rows of one name, beginning and knowledge contradict each other: their order is by instrument.
    selector: ({ external, from, known }) => `${external} ${from} ${known}`,
  });
  fc.assert(
    fc.property(oneKnown, NUMBER, (rows, knownAt) => {
      const master = masterOf(rows);
      const span = { fromUs: dayUs(0), toUs: dayUs(20) };
      for (const by of ["external", "instrument"] as const) {
        const names = by === "external" ? ["A", "B", "C", "D"] : ["one", "two", "three"];
        const resolved = master.resolve({
          ...{ feed: "kraken", names, by, ...span, knownAtUs: dayUs(knownAt) },
        });
        for (const name of names) {
          const spans = resolved.mappings.get(name) ?? [];
          let named = 0;
          for (let day = 0; day < 20; day++) {
            const expected = by === "external"
              ? [meaning(rows, name, day, knownAt)].filter((id) => id !== undefined)
              : ["A", "B", "C"].filter((each) => meaning(rows, each, day, knownAt) === name);
            const found = spans.filter(({ fromUs, toUs }) =>
              fromUs <= dayUs(day) && dayUs(day) < toUs
            )
              .map((each) => each.name).sort();
            assert.deepEqual(found, expected);
            if (found.length > 0) named++;
          }
          assert.equal(resolved.notFound.includes(name), named === 0);
          assert.equal(resolved.partial.includes(name), named > 0 && named < 20);
        }
      }
      for (let day = 0; day < 20; day++) {
        const expected = meaning(rows, "A", day, Infinity);
        assert.equal(master.lookup("kraken", "A", dayUs(day) + DAY_US / 2), expected);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("what is put again replaces what was known, and what is removed has no name", () => {
  const master = new SecurityMaster();
  const mapping = { feed: "kraken", external: "A", from: dayText(0), known: dayText(0) };
  master.put(instrument("one", { mappings: [mapping] }));
  master.put(instrument("one", { mappings: [{ ...mapping, external: "B" }] }));
  assert.equal(master.size, 1);
  assert.equal(master.lookup("kraken", "A", dayUs(1)), undefined);
  assert.equal(master.lookup("kraken", "B", dayUs(1)), "one");
  master.remove("one");
  master.remove("never");
  assert.equal(master.lookup("kraken", "B", dayUs(1)), undefined);
  assert.equal(master.get("one"), undefined);
});

Deno.test("the instruments of the repository are sound", async () => {
  const dir = new URL("../../../exchanges/instruments/", import.meta.url);
  const { parse } = await import("yaml");
  for await (const { name } of Deno.readDir(dir)) {
    INSTRUMENT_FILE.parse(parse(await Deno.readTextFile(new URL(name, dir))));
  }
});
