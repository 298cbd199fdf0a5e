import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { archiveNotFound } from "@ssmd/archive";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { folderStorage } from "@ssmd/storage";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const REGISTRY = fileURLToPath(new URL("../../exchanges", import.meta.url));

const LISTS = [
  ...["day status --env demo", "dlq list", "dlq list --env demo", "reprocess list"],
  ...["data inventory", "data gaps --env demo", "data quality --feed kraken --env demo"],
];

async function ssmd(dir: string, command: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...command.split(" "), ...args, "--dir", REGISTRY],
    cwd: dir,
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

Deno.test("lists are empty where nothing is archived yet, and say so", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.mkdir(`${dir}/empty`);
  for (const command of LISTS) {
    for (const data of [[], ["--data", "empty"]]) {
      const { code, out, err } = await ssmd(dir, command, ...data, "--output", "json");
      assert.equal(code, 0, `${command} ${data}: ${err}`);
      const answer = JSON.parse(out);
      const rows = Array.isArray(answer) ? answer : answer.days ?? answer.gaps;
      assert.deepEqual(rows, [], command);
      const isSilent = /^(dlq list --env|reprocess)/.test(command) && err === "";
      assert.ok(isSilent || err.includes("nothing is archived yet"), `${command}: ${err}`);
    }
  }
  await Deno.remove(dir, { recursive: true });
});

Deno.test("in the first minute of a capture lists are empty, and other commands name the reason", async () => {
  const dir = await Deno.makeTempDir();
  const storage = folderStorage(`${dir}/data`);
  // Files of a running capture that no manifest lists.
  await storage.put("normalized/demo/signals-main.snapshot-1", new Uint8Array(8));
  await storage.put("spool/demo/kraken-main/run-1.log", new Uint8Array(8));
  for (const command of LISTS) {
    const { code, err } = await ssmd(dir, command, "--data", "data");
    assert.equal(code, 0, `${command}: ${err}`);
    const isSilent = /^(dlq list --env|reprocess)/.test(command) && err === "";
    assert.ok(isSilent || /nothing is archived yet\. .* has no finished file yet/.test(err), err);
  }
  const others = ["archive verify", "query trades", "archive seal", "data export --out out"];
  for (const command of [...others, "data replay --feed kraken --date today --env demo"]) {
    const { code, err } = await ssmd(dir, command, "--data", "data");
    assert.equal(code, 1, command);
    assert.match(
      err,
      /has no finished file yet[^]*within two minutes[^]*ARCHIVE_NOT_FOUND/,
      command,
    );
  }
  assert.match((await archiveNotFound(storage, "other")).message, /There is no archive of the/);
  await storage.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a folder that is not there, and an unknown environment in an archive, are refused", async () => {
  const dir = await Deno.makeTempDir();
  const storage = folderStorage(`${dir}/data`);
  await fillArchive(storage);
  await storage.close();
  const wrong = [["dlq list", "no/such"], ["data inventory", "no/such"]] as const;
  for (const [command, data] of [...wrong, ["data inventory --env tets", "data"]] as const) {
    const { code, err } = await ssmd(dir, command, "--data", data);
    assert.equal(code, 1, `${command} --data ${data}`);
    assert.match(err, /ARCHIVE_NOT_FOUND/);
  }
  // The registry has it: nothing of it has been captured.
  const { code, err } = await ssmd(dir, "day status --env demo", "--data", "data");
  assert.equal(code, 0, err);
  await Deno.remove(dir, { recursive: true });
});
