import assert from "node:assert/strict";
import { SsmdError } from "@ssmd/runtime/errors";
import { compileTransform } from "../source/compile_transform.ts";
import type { Language } from "../source/language.ts";
import { TransformSession } from "./transform_session.ts";

const RECORDS = [1, 2, 3].map((price) => ({ type: "trade", symbol: "BTCUSD", price }));

async function withSession(
  source: { language: Language; text: string },
  body: (session: TransformSession) => Promise<void>,
): Promise<void> {
  const session = await TransformSession.open(compileTransform({ name: "tried", ...source }));
  try {
    await body(session);
  } finally {
    await session.close();
  }
}

const ts = (text: string) => ({ language: "ts", text } as const);
const lua = (text: string) => ({ language: "lua", text } as const);

Deno.test("both languages give text, objects and nothing; what throws is an error of its record", async () => {
  await withSession(
    ts(`const SCALE: number = 10;
export default function format(record: { price: number }) {
  if (record.price === 1) return String(record.price * SCALE);
  if (record.price === 2) return { px: record.price, at: new Date(0).toISOString() };
  throw new Error("three");
}`),
    async (session) =>
      assert.deepEqual(await session.run(RECORDS), [
        { text: "10" },
        { json: { px: 2, at: "1970-01-01T00:00:00.000Z" } },
        { error: "Error: three" },
      ]),
  );
  await withSession(
    lua(`local scale = 10
return function(record)
  if record.price == 1 then return tostring(record.price * scale) end
  if record.price == 2 then return { px = record.price, list = { 1, "a\\n" } } end
  if record.price == 3 then return nil end
end`),
    async (session) =>
      assert.deepEqual(await session.run(RECORDS), [
        { text: "10" },
        { json: { px: 2, list: [1, "a\n"] } },
        { skip: true },
      ]),
  );
  await withSession(
    ts("export default () => new Uint8Array([0, 255, 7, 1]);"),
    async (session) =>
      assert.deepEqual(await session.run(RECORDS.slice(0, 1)), [{ base64: "AP8HAQ==" }]),
  );
});

Deno.test("Lua is given every text, number and list as the record has it", async () => {
  const record = {
    text: 'quote " back \\ line \n tab \t nul \0 2 ü € 😀 ]] --',
    numbers: [0, -1, 1.5, 1e-8, 1e21, 123456789.123456],
    ...{ yes: true, no: false, empty: {}, nothing: null },
  };
  await withSession(lua("return function(record) return record end"), async (session) => {
    const { nothing: _, ...wanted } = record;
    assert.deepEqual(await session.run([record]), [{ json: wanted }]);
  });
});

Deno.test("what one session keeps no other one knows", async () => {
  const text = "let seen = 0;\nexport default () => String(++seen);";
  await withSession(ts(text), async (first) => {
    assert.deepEqual(await first.run(RECORDS), [{ text: "1" }, { text: "2" }, { text: "3" }]);
    await withSession(ts(text), async (second) => {
      assert.deepEqual(await second.run(RECORDS.slice(0, 1)), [{ text: "1" }]);
    });
  });
});

Deno.test("a process that is ended begins anew behind its batch, and rests after three ends", async () => {
  const loops = "export default (record) => { while (record.loops); return 'x'; };";
  await withSession(ts(loops), async (session) => {
    for (let i = 0; i < 3; i++) {
      if (i > 0) assert.deepEqual(await session.run([{ loops: false }]), [{ text: "x" }]);
      const [output] = await session.run([{ loops: true }]);
      assert.match(JSON.stringify(output), /"error":"the transform failed: .*of work/);
    }
    await assert.rejects(
      session.run([{ loops: false }]),
      (error) => error instanceof SsmdError && error.code === "TRANSFORM_QUARANTINED",
    );
  });
});

Deno.test("what does not load is told with its reason", async () => {
  for (
    const [source, why] of [
      [lua("return function(record) return 1 +"), /"tried" does not load: .*near <eof>/],
      [lua("return 5"), /returns no function/],
      [ts("export default 5;"), /no function of a record/],
      [ts("for (;;);\nexport default () => 1;"), /no answer/],
    ] as const
  ) {
    const open = TransformSession.open(compileTransform({ name: "tried", ...source }), {
      limits: { startMs: 3_000 },
    });
    await assert.rejects(
      open,
      (error) =>
        error instanceof SsmdError && error.code === "TRANSFORM_FAILED" && why.test(error.message),
    );
  }
});
