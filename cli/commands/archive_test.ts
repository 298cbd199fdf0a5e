import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { decode, messagesIn, SCHEMAS, toJson } from "@ssmd/codec";
import { folderStorage } from "@ssmd/storage";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const TRADES = "normalized/test/kraken/v1/trade/2026/08/01/02-53.capnp.zst";

async function ssmd(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", MAIN, ...args] });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function ssmdBytes(...args: string[]): Promise<Uint8Array> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", MAIN, ...args] });
  const { stdout, stderr, success } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return stdout;
}

function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

function hasProgram(name: string): boolean {
  if (Deno.env.get("SSMD_REQUIRE_SERVICES") === "1") return true;
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

async function withArchive(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const storage = folderStorage(dir);
    await fillArchive(storage);
    await storage.close();
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("verify prints a table and exits with 0 when all balances", () =>
  withArchive(async (dir) => {
    const { code, out, err } = await ssmd("archive", "verify", "--data", dir);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^ENV +FEED +VERSION +DAY +RAW FRAMES/);
    assert.match(out, /test +kraken +v1 +2026-08-01 +1194/);
    assert.match(out, /1194 frames give exactly the \d+ records that are archived\n$/);
  }));

Deno.test("verify exits with 1 and one sentence for what does not balance", () =>
  withArchive(async (dir) => {
    await Deno.remove(`${dir}/${TRADES}`);
    const { code, out, err } = await ssmd("archive", "verify", "--data", dir, "--output", "json");
    assert.equal(code, 1);
    assert.equal(err, `problem: ${TRADES} is named in the manifest and not in storage.\n`);
    const { ok, problems } = JSON.parse(out);
    assert.deepEqual([ok, problems.length, problems[0].code], [false, 1, "FILE_MISSING"]);
  }));

Deno.test("verify of a folder without an archive says what to do", async () => {
  const { code, err } = await ssmd("archive", "verify", "--data", "no/such/folder");
  assert.equal(code, 1);
  assert.match(err, /There is no folder "no\/such\/folder"[^]*--data[^]*ARCHIVE_NOT_FOUND/);
});

Deno.test("cat prints every record, and ends quietly when nobody reads on", () =>
  withArchive(async (dir) => {
    const { code, out } = await ssmd("archive", "cat", `${dir}/${TRADES}`);
    assert.equal(code, 0);
    assert.equal(out.trim().split("\n").length, 394);
    const script =
      `"${Deno.execPath()}" run -A "${MAIN}" archive cat "${dir}/${TRADES}" | head -n 1`;
    const piped = await new Deno.Command("sh", { args: ["-c", script] }).output();
    assert.equal(new TextDecoder().decode(piped.stderr), "");
    assert.match(new TextDecoder().decode(piped.stdout), /^\{"type":"trade"/);
  }));

Deno.test("cat of a damaged file prints what is whole and exits with 1", () =>
  withArchive(async (dir) => {
    const bytes = await Deno.readFile(`${dir}/${TRADES}`);
    await Deno.writeFile(`${dir}/cut.zst`, bytes.subarray(0, bytes.length - 1));
    const { code, err } = await ssmd("archive", "cat", `${dir}/cut.zst`);
    assert.equal(code, 1);
    assert.match(err, /cut\.zst is damaged at byte \d+: the file ends 1 bytes before/);
  }));

Deno.test("seal merges the minute files; the archive balances as before, and cat and verify read it", () =>
  withArchive(async (dir) => {
    const windows = [...Deno.readDirSync(`${dir}/normalized/test/kraken/v1/trade/2026/08/01`)];
    const before = namesIn(dir);
    const planned = await ssmd("archive", "seal", "--data", dir, "--dry-run");
    assert.match(planned.out, /test +kraken +v1 +2026-08-01 +trade +1182 +3 .* due/);
    assert.equal(windows.length, 3);
    const { code, out, err } = await ssmd("archive", "seal", "--data", dir, "--feed", "kraken");
    assert.equal(code, 0, err);
    assert.match(out, /trade +1182 +3 .* sealed/);
    const path = `${dir}/normalized/test/kraken/v1/trade/2026/08/01`;
    assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["day.parquet"]);
    const left = [...before, "audit"].sort();
    assert.deepEqual(namesIn(dir), left, "sealing leaves nothing beside but its event");
    const verified = await ssmd("archive", "verify", "--data", dir);
    assert.deepEqual([verified.code, verified.err], [0, ""]);
    const printed = await ssmd("archive", "cat", `${path}/day.parquet`);
    assert.equal(printed.out.trim().split("\n").length, 1182);
    const lines = printed.out.trim().split("\n");
    const messages = await ssmdBytes("archive", "cat", "--format", "capnp", `${path}/day.parquet`);
    assert.deepEqual(
      Array.from(
        messagesIn(messages),
        (message) => JSON.stringify(toJson(decode("trade", message))),
      ),
      lines,
    );
    if (hasProgram("capnp")) {
      const command = `capnp decode --short trade.capnp ${SCHEMAS.trade.name} < messages | wc -l`;
      await Deno.writeFile(`${dir}/messages`, messages);
      await Deno.writeTextFile(`${dir}/trade.capnp`, SCHEMAS.trade.text);
      const { stdout } = await new Deno.Command("sh", { args: ["-c", command], cwd: dir }).output();
      assert.equal(new TextDecoder().decode(stdout).trim(), "1182");
    }
    const again = await ssmd("archive", "seal", "--data", dir);
    assert.match(again.out, /2026-08-01 .* already/);
  }));

Deno.test("seal of a damaged window exits with 1, names it, and leaves the day as it was", () =>
  withArchive(async (dir) => {
    const bytes = await Deno.readFile(`${dir}/${TRADES}`);
    bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
    await Deno.writeFile(`${dir}/${TRADES}`, bytes);
    const { code, out, err } = await ssmd("archive", "seal", "--data", dir);
    assert.equal(code, 1);
    assert.match(out, /failed/);
    assert.match(err, new RegExp(`problem: ${TRADES} is damaged at byte \\d+`));
    assert.deepEqual(await Deno.readFile(`${dir}/${TRADES}`), bytes);
  }));
