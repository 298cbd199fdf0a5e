import assert from "node:assert/strict";
import { unsafePackages, widePermissions } from "./scan_software.ts";

const ROOT = new URL("../../", import.meta.url);
const DENO_JSON = await Deno.readTextFile(new URL("deno.json", ROOT));
const LOCK = await Deno.readTextFile(new URL("deno.lock", ROOT));

/** The text with one more thing in it. */
function changed(text: string, change: (value: Record<string, Record<string, unknown>>) => void) {
  const value = JSON.parse(text);
  change(value);
  return JSON.stringify(value);
}

const foundIn = (findings: { found: string }[]) => findings.map(({ found }) => found);

Deno.test("the released sets and packages have no finding", () => {
  assert.deepEqual(widePermissions(DENO_JSON), []);
  assert.deepEqual(unsafePackages(DENO_JSON, LOCK), []);
});

Deno.test("each right that a set should not have is found, of each program", () => {
  const grants: readonly [string, unknown, RegExp][] = [
    ["read", true, /grants all of read/],
    ["net", ["example.com"], /grants net of example\.com/],
    ["run", ["git"], /grants run of git/],
    ["ffi", true, /grants all of ffi/],
    ["env", ["*"], /grants all of env/],
    ["write", ["/"], /grants write of \//],
  ];
  for (
    const program of ["ssmd", "connector", "archiver", "gateway", "signals", "agents", "worker"]
  ) {
    for (const [kind, given, says] of grants) {
      const text = changed(DENO_JSON, ({ permissions }) => {
        Object.assign(permissions?.[program] ?? {}, { [kind]: given });
      });
      const found = foundIn(widePermissions(text));
      assert.equal(found.length, 1, `${program} ${kind}`);
      assert.match(found.join(), says);
      assert.ok(found.join().includes(program));
    }
    const without = changed(DENO_JSON, ({ permissions }) => void delete permissions?.[program]);
    assert.match(foundIn(widePermissions(without)).join(), /is missing/);
  }
});

Deno.test("packages that are not pinned, not locked, without a hash, or harmful are found", () => {
  for (const target of ["npm:zod@^4.6.7", "npm:zod", "npm:zod@latest", "jsr:@std/assert@1.0.0"]) {
    const text = changed(DENO_JSON, ({ imports }) => Object.assign(imports ?? {}, { x: target }));
    assert.match(foundIn(unsafePackages(text, LOCK)).join(), /not pinned/, target);
  }
  const unlocked = changed(DENO_JSON, ({ imports }) => {
    Object.assign(imports ?? {}, { x: "npm:/left-pad@1.3.0/" });
  });
  assert.match(foundIn(unsafePackages(unlocked, LOCK)).join(), /left-pad.*not in deno\.lock/);
  const harmful = changed(LOCK, ({ npm }) => {
    Object.assign(npm ?? {}, { "chalk@5.6.1_x@1.0.0": npm?.["zod@4.6.7"] });
  });
  assert.deepEqual(foundIn(unsafePackages(DENO_JSON, harmful)), [
    "chalk@5.6.1 was published with harmful code",
  ]);
  const bare = changed(LOCK, ({ npm }) => Object.assign(npm ?? {}, { "zod@4.6.7": {} }));
  assert.deepEqual(foundIn(unsafePackages(DENO_JSON, bare)), [
    "zod@4.6.7 has no sha512 in deno.lock",
  ]);
  assert.match(foundIn(unsafePackages(DENO_JSON, undefined)).join(), /deno\.lock is missing/);
});
