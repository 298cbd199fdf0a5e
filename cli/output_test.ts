import assert from "node:assert/strict";
import { canMount, Tmpfs } from "../tests/servers/tmpfs.ts";
import { MAIN, ssmd, withArchive } from "./replay/_fixtures.ts";

const OF_A_FULL_DISK =
  /error: There is no room left to write \S+\nhint: .*\ncode: {2}OUTPUT_FULL\n/;

Deno.test("stdout on a full disk is told with what to do", () =>
  withArchive("demo", async (dir) => {
    const run = `"${Deno.execPath()}" run -q -A --frozen "${MAIN}"`;
    for (const command of ["query trades BTCUSD --limit all", "data export --type trade --out -"]) {
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", `${run} ${command} --data "${dir}" > /dev/full`],
      }).output();
      const err = new TextDecoder().decode(stderr);
      assert.equal(code, 1, err);
      assert.match(err, OF_A_FULL_DISK);
    }
  }));

Deno.test({
  name: "an export onto a full or a read-only disk says so with its path",
  ignore: !canMount(),
  fn: () =>
    withArchive("demo", async (dir) => {
      await using disk = new Tmpfs(1);
      const exported = (...args: string[]) =>
        ssmd("data", "export", "--type", "trade", "--data", dir, ...args);
      disk.fill();
      for (const out of [`${disk.path}/out`, `${disk.path}/trades.csv`]) {
        const format = out.endsWith(".csv") ? "csv" : "parquet";
        const { code, err } = await exported("--out", out, "--format", format);
        assert.equal(code, 1, err);
        assert.match(err, OF_A_FULL_DISK);
        assert.ok(err.includes(disk.path), err);
      }
      disk.free();
      disk.makeReadOnly();
      const { code, err } = await exported("--out", `${disk.path}/more`);
      assert.equal(code, 1, err);
      assert.match(
        err,
        /error: Writing \S+\/more is not allowed \(EROFS\)\nhint: [^]*OUTPUT_DENIED/,
      );
    }),
});
