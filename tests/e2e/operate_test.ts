import assert from "node:assert/strict";
import { Folder, RunningUp, verify } from "./_process.ts";

Deno.test("a copy of an archive that is being written to verifies", async () => {
  await using folder = new Folder();
  const data = `${folder.path}/data`;
  // What was captured before, and what comes while it is copied.
  await using before = new RunningUp(["--env", "demo", "--data", data, "--for", "4s"]);
  assert.equal((await before.end()).code, 0, before.output);
  await using up = new RunningUp(["--env", "demo", "--data", data]);
  await up.url();
  for (let copies = 0; copies < 3; copies++) {
    const copy = `${folder.path}/copy-${copies}`;
    // A file that gets its name while it is copied is none of the copy's, which cp says.
    await new Deno.Command("cp", { args: ["-a", data, copy], stderr: "null" }).output();
    const { code, days, output } = await verify(copy);
    assert.equal(code, 0, output);
    assert.ok(days.some(({ records }) => records.trade > 0));
  }
  assert.equal((await up.stop()).code, 0, up.output);
});

Deno.test("every code in the runbook is one that an error has", async () => {
  const read = (name: string) => Deno.readTextFile(new URL(`../../docs/${name}`, import.meta.url));
  const known = await read("errors.md");
  const codes = (await read("operate.md")).match(/`[A-Z]+(_[A-Z]+)+`/g) ?? [];
  assert.ok(codes.length > 20);
  assert.deepEqual(codes.filter((code) => !known.includes(`| ${code} |`)), []);
});
