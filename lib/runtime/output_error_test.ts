import assert from "node:assert/strict";
import { SsmdError, writingTo } from "./mod.ts";

async function failureOf(code: string): Promise<unknown> {
  const cause = Object.assign(new Error("of the system"), { code });
  return await writingTo("/out/a.csv", () => Promise.reject(cause)).catch((error) => error);
}

Deno.test("errors of the file system name the path and what to do; others stay as they are", async () => {
  const codes = {
    ENOSPC: "FULL",
    EDQUOT: "FULL",
    EACCES: "DENIED",
    EROFS: "DENIED",
    EIO: "FAILED",
  };
  for (const [systemCode, code] of Object.entries(codes)) {
    const error = await failureOf(systemCode);
    assert.ok(error instanceof SsmdError);
    assert.equal(error.code, `OUTPUT_${code}`);
    assert.deepEqual(error.context, { path: "/out/a.csv", systemCode });
    assert.match(`${error.message} ${error.hint}`, /\/out\/a\.csv.*(Free|Name)/);
  }
  assert.equal((await failureOf("EEXIST") as Error).message, "of the system");
  const own = new SsmdError("SOURCE_GONE", "Not of the file");
  await assert.rejects(writingTo("/out/a.csv", () => Promise.reject(own)), own);
  assert.equal(await writingTo("/out/a.csv", () => Promise.resolve(7)), 7);
});
