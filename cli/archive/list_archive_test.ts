import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
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

Deno.test("lists are empty where nothing has been captured yet, and say so", async () => {
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
      assert.ok(isSilent || err.includes("nothing has been captured yet"), `${command}: ${err}`);
    }
  }
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
