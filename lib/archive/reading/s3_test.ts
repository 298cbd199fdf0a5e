import assert from "node:assert/strict";
import type { MarketEvent } from "@ssmd/market";
import { openStorage, type Storage } from "@ssmd/storage";
import { startFaultProxy } from "../../../tests/servers/fault_proxy.ts";
import { s3ServerAvailable, startS3Server } from "../../../tests/servers/s3_server.ts";
import { inOrder, MIDNIGHT_US, readAll, record, sealDay, writeWindows } from "./_fixtures.ts";

const DAY = "2026-08-01";
const MARKETS = Array.from({ length: 60 }, (_, i) => `M${i}USD`);

/** Busy markets with frames of their own, and quiet ones that share some. */
const EVENTS: MarketEvent[] = Array.from({ length: 40_000 }, (_, i) => {
  const symbol = i % 2 === 0 ? MARKETS[i % 6] : MARKETS[i % 60];
  return record("trade", symbol ?? "", MIDNIGHT_US + i * 2_000_000, i + 1);
});

/** A server with a sealed day, and a storage whose requests are counted. */
async function withSealedDay(
  test: (storage: Storage, requests: () => string[]) => Promise<void>,
): Promise<void> {
  const server = await startS3Server({ buckets: ["all"], keepAlive: false });
  const proxy = startFaultProxy(server.port);
  const { region, credentials } = server;
  const buckets = { raw: "all", normalized: "all" };
  const config = { type: "s3", endpoint: proxy.endpoint, region, buckets, credentials } as const;
  const storage = await openStorage(config);
  const tempDir = await Deno.makeTempDir();
  try {
    await writeWindows(storage, EVENTS.slice(0, 10));
    await sealDay(storage, "trade", DAY, EVENTS, tempDir);
    proxy.requests.length = 0;
    const requests = () => proxy.requests.map(({ method, path }) => `${method} ${path}`);
    await test(storage, requests);
  } finally {
    await storage.close();
    await proxy.close();
    await server.stop();
    await Deno.remove(tempDir, { recursive: true });
  }
}

const ignore = !s3ServerAvailable();

Deno.test(
  "a market's day is one range of a small sealed object on S3",
  { ignore },
  () =>
    withSealedDay(async (storage, requests) => {
      const wanted = (symbols: string[]) => EVENTS.filter(({ symbol }) => symbols.includes(symbol));
      const ranges = () => requests().filter((line) => line.includes("/day.parquet"));
      for (const symbol of ["M0USD", "M31USD"]) {
        const before = ranges().length;
        assert.deepEqual(await readAll(storage, { symbols: [symbol] }), wanted([symbol]));
        assert.equal(ranges().length - before, 1, "its pages lie with the footer");
      }
      // Neighbours are fetched together.
      const before = ranges().length;
      const symbols = ["M0USD", "M2USD", "M31USD"];
      assert.deepEqual(await readAll(storage, { symbols }), inOrder(wanted(symbols)));
      assert.ok(ranges().length - before <= 1 + symbols.length);
    }),
);

Deno.test(
  "besides, a day on S3 costs its manifest and a look at which days there are",
  { ignore },
  () =>
    withSealedDay(async (storage, requests) => {
      await readAll(storage, { symbols: ["M0USD"] });
      assert.deepEqual(
        requests().filter((line) => !line.includes("/day.parquet")).map(shortened),
        [
          "GET promoted.json",
          "GET ?list",
          "GET ?list",
          "GET manifest.json",
        ],
      );
    }),
);

function shortened(request: string): string {
  const [method = "", path = ""] = request.split(" ");
  if (path.includes("list-type")) return `${method} ?list`;
  return `${method} ${path.split("?")[0]?.split("/").at(-1) ?? ""}`;
}

Deno.test(
  "a whole day on S3 is read in order of time in a few large ranges",
  { ignore },
  () =>
    withSealedDay(async (storage, requests) => {
      assert.deepEqual(await readAll(storage), EVENTS);
      const ranges = requests().filter((line) => line.includes("/day.parquet"));
      assert.equal(ranges.length, 2, "the footer, with all pages, and the front");
      assert.deepEqual(await readAll(storage, {}, { readAheadBytesMax: 1 }), EVENTS);
    }),
);
