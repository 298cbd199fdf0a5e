import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import { anyRecord } from "@ssmd/codec/testing/records";
import { columnsOf, valueOf } from "@ssmd/archive/parquet";
import { csvHead, csvLine } from "./csv_lines.ts";
import { decimalText } from "./decimal_text.ts";
import { type Plain, rowsOf } from "../../tests/servers/duckdb.ts";

Deno.test("a decimal has every digit and no exponent", () => {
  const cases: [number, string][] = [
    [1e-8, "0.00000001"],
    [1.25e-7, "0.000000125"],
    [-1.5e-10, "-0.00000000015"],
    [1e21, "1000000000000000000000"],
    [1.234e22, "12340000000000000000000"],
    [66_000.1, "66000.1"],
    [0, "0"],
    [5e-324, `0.${"0".repeat(323)}5`],
  ];
  for (const [value, text] of cases) assert.equal(decimalText(value), text);
});

Deno.test("every double comes back from its decimal", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const text = decimalText(value);
    assert.ok(!text.includes("e"));
    assert.equal(Number(text), value === 0 ? 0 : value);
  }));
});

/** Types that DuckDB shall read the columns as; what it would guess depends on the values. */
const TYPES = {
  time: "TIMESTAMPTZ",
  count: "BIGINT",
  double: "DOUBLE",
  word: "VARCHAR",
  text: "VARCHAR",
  flag: "BOOLEAN",
  doubles: "DOUBLE[]",
};
/** Text that a CSV can hold: none of the zero bytes that readers stop at. */
const noZero = (event: MarketEvent) => !JSON.stringify(event).includes("\\u0000");
const finite = (event: MarketEvent) =>
  !JSON.stringify(event, (_, v) => Math.abs(v) === Infinity ? "INF" : v).includes('"INF"');
/** DuckDB's own last year; ours goes to the year 287396. */
const inTime = (event: MarketEvent) => event.receivedAtUs < 2e16 && event.timestampUs < 2e16;

for (const type of EVENT_TYPES) {
  Deno.test(`DuckDB reads any ${type} records from CSV as they were`, async () => {
    const columns = columnsOf(type);
    const path = await Deno.makeTempFile({ suffix: ".csv" });
    const one = (anyRecord[type] as fc.Arbitrary<MarketEvent>)
      .filter((event) => noZero(event) && finite(event) && inTime(event))
      .map((event) => event.type === "gap" ? { ...event, fromUs: 7, toUs: 0 } : event);
    const texts = columns.filter(({ kind, nullable }) =>
      !nullable && (kind === "word" || kind === "text")
    );
    const names = columns.map(({ name, kind }) => `'${name}': '${TYPES[kind]}'`).join(", ");
    const sql = `select * from read_csv('${path}', header = true, auto_detect = false, ` +
      `delim = ',', quote = '"', escape = '"', new_line = '\\r\\n', nullstr = '', ` +
      `force_not_null = [${texts.map(({ name }) => `'${name}'`).join(", ")}], ` +
      `columns = {${names}})`;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 30 }), async (records) => {
          const line = csvLine(columns);
          await Deno.writeTextFile(path, csvHead(columns) + records.map(line).join(""));
          const expected = records.map((event) =>
            columns.map((each) => plain(valueOf(each, event)))
          );
          assert.deepEqual(await rowsOf(sql), expected);
        }),
        { numRuns: 25 },
      );
    } finally {
      await Deno.remove(path);
    }
  });
}

/** -0 is written as 0. */
function plain(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(plain);
  return Object.is(value, -0) ? 0 : value as Plain;
}
