import assert from "node:assert/strict";
import { folderStorage } from "@ssmd/storage";
import { capturesDir } from "./_captures.ts";
import { Folder, RunningUp, runSsmd, verify } from "./_process.ts";
import { contentOf } from "./_versions.ts";

/** Captures with checksums, resubscriptions, reconnects, market rotation and holes in them. */
const CAPTURES = [
  "kraken/btcusd-depth25-20260802",
  "kraken/btcusd-depth10-resubscribe-20260801",
  "kalshi/btc15m-20260514t045722z",
  "kalshi/btc15m-side-consensus-oos-consensuslock001",
  "kalshi/btc15m-fixed-terminal-oos-gauss45lock002",
];

/** Without signals: fires are of the live run, and no reprocess makes them. */
const ENV = "kraken";

const dir = capturesDir();

async function ssmd(...args: string[]): Promise<string> {
  const { code, output } = await runSsmd(args);
  assert.equal(code, 0, `ssmd ${args.join(" ")}\n${output}`);
  return output;
}

for (const capture of CAPTURES) {
  Deno.test({
    name: `a captured and sealed day equals its reprocess byte for byte: ${capture}`,
    ignore: dir === undefined,
    fn: async () => {
      await using folder = new Folder();
      const data = `${folder.path}/data`;
      const path = `${dir}/${capture}.jsonl.zst`;
      await using up = new RunningUp([
        ...["--env", ENV, "--capture", path, "--speed", "max", "--data", data],
      ]);
      assert.equal((await up.end()).code, 0, up.output);
      const feed = capture.slice(0, capture.indexOf("/"));
      await ssmd("archive", "seal", "--data", data, "--force");
      await ssmd("reprocess", "run", "--env", ENV, "--data", data, "--feed", feed, "--as", "v2");
      const storage = folderStorage(data);
      const live = await contentOf(storage, { env: ENV, feed, version: "v1" });
      const again = await contentOf(storage, { env: ENV, feed, version: "v2" });
      await storage.close();
      assert.deepEqual(again, live);
      const output = await ssmd(
        ...[
          "reprocess",
          "diff",
          "--env",
          ENV,
          "--data",
          data,
          "--feed",
          feed,
          "--old",
          "v1",
          "--new",
          "v2",
        ],
        ...["--output", "json", "--quiet"],
      );
      assert.equal(JSON.parse(output).same, true);
      const { code, output: verdict } = await verify(data);
      assert.equal(code, 0, verdict);
    },
  });
}
