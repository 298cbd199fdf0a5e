import assert from "node:assert/strict";
import { Folder, RunningUp, verify } from "./_process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const ROOMS = ["lib", "connector", "archiver", "gateway"];

/** The text of all sources of services that are no tests. */
async function productText(): Promise<string> {
  const texts: string[] = [];
  const walk = async (dir: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(dir)) {
      if (isDirectory) await walk(`${dir}/${name}`);
      else if (/(?<!_test)\.ts$/.test(name)) texts.push(await Deno.readTextFile(`${dir}/${name}`));
    }
  };
  for (const room of ROOMS) await walk(`${ROOT}${room}`);
  return texts.join("\n");
}

Deno.test("a copy of an archive that is being written to verifies", async () => {
  await using folder = new Folder();
  const data = `${folder.path}/data`;
  // What was captured before, and what comes while it is copied.
  await using before = new RunningUp(["--env", "demo", "--data", data]);
  await before.published("kraken", "trade", 20);
  assert.equal((await before.stop()).code, 0, before.output);
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
  const unknown = codes.filter((code) => !known.includes(`| ${code} |`));
  assert.deepEqual(unknown.filter((code) => !code.startsWith("`SSMD_")), []);
});

Deno.test("every error that the product has is listed with what to do about it", async () => {
  const rows = (await Deno.readTextFile(`${ROOT}docs/errors.md`)).match(/^\| `[A-Z_]+` .*$/gm) ??
    [];
  assert.ok(rows.length > 300);
  assert.deepEqual(rows.filter((row) => row.endsWith("|  |")), []);
});

Deno.test("each fault of the table has its log line, metric, condition and test in the code", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/operate.md`);
  const product = await productText();
  const [, section = ""] = /## What each fault looks like\n([^]*?)\n## /.exec(text) ?? [];
  const rows = section.split("\n").filter((line) => /^\|.*_test\.ts/.test(line));
  assert.ok(rows.length >= 20);
  for (const row of rows) {
    const [, fault = "", , log = "", metric = "", condition = "", held = ""] = row.split(" | ")
      .flatMap((cell, at) => at === 0 ? ["", cell.slice(2).trim()] : [cell.trim()]);
    const word = (cell: string) => cell.replaceAll("`", "").replace(/^–$/, "");
    assert.ok(product.includes(word(log)), `${fault}: log "${log}"`);
    const [, name] = /^ssmd_(?:connector|archiver|process|circuit)_(\w+)$/.exec(word(metric)) ?? [];
    assert.ok(name !== undefined && product.includes(`"${name}"`), `${fault}: metric ${metric}`);
    if (word(condition)) {
      assert.ok(product.includes(`"${word(condition)}"`), `${fault}: ${condition}`);
    }
    await assertHeld(fault, held);
  }
});

Deno.test("each target has a figure and a test that is there", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/operate.md`);
  const [, section = ""] = /## What is promised\n([^]*?)\n## /.exec(text) ?? [];
  const rows = section.split("\n").filter((line) => /^\|.*_test\.ts/.test(line));
  assert.ok(rows.length >= 7);
  for (const row of rows) {
    const [, target = "", , measured = "", held = ""] = row.split("|").map((cell) => cell.trim());
    assert.match(measured, /\d/, target);
    await assertHeld(target, held);
  }
});

/** A cell `[words](../path "words of the file")` says the truth. */
async function assertHeld(what: string, held: string): Promise<void> {
  const [, path, test] = /\(\.\.\/(\S+) "([^"]+)"\)/.exec(held) ?? [];
  assert.ok(test !== undefined, `${what}: ${held}`);
  const tests = await Deno.readTextFile(`${ROOT}${path}`);
  assert.ok(tests.includes(test), `${what}: no test "${test}" in ${path}`);
}
