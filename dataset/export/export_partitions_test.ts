import assert from "node:assert/strict";
import {
  changedManifest,
  changeManifest,
  expiredManifest,
  openManifest,
  saveManifest,
} from "@ssmd/archive";
import { sealDay } from "@ssmd/dataset/seal";
import { folderStorage, memoryStorage, type Storage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "../testing/archive_fixtures.ts";
import { exportPartitions, plannedFiles } from "./export_partitions.ts";
import { ExportFolder } from "./export_folder.ts";
import { exportFile } from "./export_stream.ts";
import { type ExportRequest, planExport } from "./plan.ts";
import { readRecords } from "./records.ts";
import { rowsOf } from "../../tests/servers/duckdb.ts";

const REQUEST: ExportRequest = { env: FEED_DAY.env, span: {}, format: "parquet" };

/** A filled archive and an empty folder for what is exported. */
async function withArchive(
  body: (storage: Storage, out: string) => Promise<void>,
): Promise<void> {
  const storage = memoryStorage();
  const out = await Deno.makeTempDir({ prefix: "ssmd-export-" });
  try {
    await fillArchive(storage);
    await body(storage, out);
  } finally {
    await storage.close();
    await Deno.remove(out, { recursive: true });
  }
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const storage = folderStorage(folder);
  const files: Record<string, string> = {};
  for await (const { key } of storage.list("")) {
    files[key] = (await storage.get(key)).toHex();
  }
  await storage.close();
  return files;
}

Deno.test("an export holds every record of the archive, sorted by symbol and time", async () => {
  await withArchive(async (storage, out) => {
    const partitions = await planExport(storage, REQUEST);
    const files = await exportPartitions(partitions, { storage, format: "parquet", out });
    assert.deepEqual(
      files.map(({ path, state }) => [path, state]),
      ["trade", "gap"].map((
        type,
      ) => [`feed=kraken/type=${type}/date=2026-08-01/data.parquet`, "written"]),
    );
    for (const [i, { records, type }] of files.entries()) {
      assert.equal(records, partitions[i]?.archived);
      const [counts] = await rowsOf(
        `select count(*), any_value(feed) from '${out}/**/*.parquet' where type = '${type}'`,
      );
      assert.deepEqual(counts, [records, "kraken"]);
    }
    const keys = await rowsOf(
      `select symbol, received_at, sequence from '${out}/feed=kraken/type=trade/*/data.parquet'`,
    );
    const sorted = await rowsOf(
      `select symbol, received_at, sequence from '${out}/feed=kraken/type=trade/*/data.parquet' order by all`,
    );
    assert.deepEqual(keys, sorted);
  });
});

Deno.test("an export that is done has nothing to do, until the archive has more", async () => {
  await withArchive(async (storage, out) => {
    const options = { storage, format: "parquet" as const, out };
    const states = async () =>
      (await exportPartitions(await planExport(storage, REQUEST), options)).map((f) => f.state);
    assert.deepEqual(await states(), ["written", "written"]);
    const before = await filesIn(out);
    assert.deepEqual(await states(), ["unchanged", "unchanged"]);
    assert.deepEqual(await filesIn(out), before);

    const manifest = await openManifest(storage, { kind: "normalized", ...FEED_DAY });
    const trades = manifest.files.find(({ type }) => type === "trade");
    assert.ok(trades);
    const more = { ...trades, key: trades.key.replace("02-5", "03-5") };
    await storage.put(more.key, await storage.get(trades.key));
    await saveManifest(
      storage,
      changedManifest(manifest, { files: [more], writtenBy: "test", nowUs: 1 }),
    );
    assert.deepEqual(await states(), ["written", "unchanged"]);
  });
});

Deno.test("a folder of data holds data and nothing else, for readers that take every file in it", async () => {
  await withArchive(async (storage, out) => {
    const partitions = await planExport(storage, { ...REQUEST, format: "csv" });
    await exportPartitions(partitions, { storage, format: "csv", out });
    const names = Object.keys(await filesIn(out)).filter((path) => path.includes("feed=kraken"));
    const data = names.filter((path) => !path.includes("_lineage/"));
    assert.ok(data.length > 0 && data.length < names.length);
    for (const path of data) assert.match(path, /\/data\.csv$/);
  });
});

Deno.test("a file that was changed or cut is written again, with the same bytes", async () => {
  await withArchive(async (storage, out) => {
    const options = { storage, format: "csv" as const, out };
    const partitions = await planExport(storage, { ...REQUEST, format: "csv" });
    await exportPartitions(partitions, options);
    const before = await filesIn(out);
    const path = `${out}/feed=kraken/type=trade/date=2026-08-01/data.csv`;
    await Deno.writeTextFile(path, "x", { append: true });
    assert.deepEqual((await exportPartitions(partitions, options)).map((f) => f.state), [
      "written",
      "unchanged",
    ]);
    await Deno.writeTextFile(
      path.replace(out, `${out}/_lineage`).replace("data.csv", "csv.json"),
      "{",
    );
    await exportPartitions(partitions, options);
    assert.deepEqual(await filesIn(out), before);
  });
});

Deno.test("an export that fails leaves no file that is not whole, and nothing of itself", async () => {
  await withArchive(async (storage, out) => {
    const partitions = await planExport(storage, REQUEST);
    async function* broken(...args: Parameters<typeof readRecords>) {
      yield* readRecords(...args);
      throw new TypeError("the archive broke");
    }
    await assert.rejects(
      exportPartitions(partitions, { storage, format: "parquet", out, read: broken }),
      /the archive broke/,
    );
    assert.deepEqual(await Array.fromAsync(Deno.readDir(out)), []);
  });
});

Deno.test("a day that retention removes before it is exported is an error, not an empty file", async () => {
  for (const format of ["parquet", "csv"] as const) {
    await withArchive(async (storage, out) => {
      const manifestId = { kind: "normalized", ...FEED_DAY } as const;
      const partitions = await planExport(storage, { ...REQUEST, format });
      const { files } = await changeManifest(storage, manifestId, {
        change: (manifest) => expiredManifest(manifest, { keptDays: 7, writtenBy: "t", nowUs: 1 }),
      });
      assert.deepEqual(files, []);
      const written = exportPartitions(partitions, { storage, format, out });
      await assert.rejects(written, { code: "DAY_REMOVED" });
    });
  }
});

Deno.test("a folder takes one export at a time", async () => {
  await withArchive(async (storage, out) => {
    const partitions = await planExport(storage, REQUEST);
    const first = await ExportFolder.open(out);
    const options = { storage, format: "parquet" as const, out };
    await assert.rejects(exportPartitions(partitions, options), { code: "EXPORT_RUNNING" });
    await first[Symbol.asyncDispose]();
    assert.equal((await exportPartitions(partitions, options)).length, 2);
  });
});

Deno.test("what a killed export left in the folder is removed by the next one", async () => {
  await withArchive(async (storage, out) => {
    await Deno.mkdir(`${out}/.ssmd-export`);
    await Deno.writeTextFile(`${out}/.ssmd-export/half.part`, "half");
    const partitions = await planExport(storage, REQUEST);
    await exportPartitions(partitions, { storage, format: "parquet", out });
    const names = (await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name).sort();
    assert.deepEqual(names, ["_lineage", "feed=kraken"]);
  });
});

Deno.test("symbols and times narrow an export; a dry run only tells", async () => {
  await withArchive(async (storage, out) => {
    const options = { storage, format: "parquet" as const, out };
    const fromUs = Date.parse("2026-08-01T02:54:00Z") * 1000;
    const narrow = await planExport(storage, {
      ...REQUEST,
      ...{ types: ["trade"], symbols: ["BTCUSD"], span: { fromUs } },
    });
    const [planned] = await plannedFiles(narrow, options);
    assert.deepEqual([planned?.state, planned?.records], ["planned", narrow[0]?.archived]);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(out)), []);
    const [file] = await exportPartitions(narrow, options);
    const [[count] = []] = await rowsOf(
      `select count(*) from '${out}/**/*.parquet' where received_at >= '2026-08-01T02:54:00Z'`,
    );
    assert.ok(Number(count) > 0 && Number(count) < Number(planned?.records));
    assert.equal(file?.records, count);
    const none = await planExport(storage, { ...REQUEST, symbols: ["NOSUCH"] });
    assert.deepEqual((await exportPartitions(none, options)).map((each) => each.records), [0, 0]);
  });
});

Deno.test("one file takes all days of a type, and no second type", async () => {
  await withArchive(async (storage, out) => {
    const options = { storage, format: "parquet" as const, out: `${out}/trades.parquet` };
    const trades = await planExport(storage, { ...REQUEST, types: ["trade"] });
    const { records } = await exportFile(trades, options);
    assert.deepEqual(await rowsOf(`select count(*), any_value(feed) from '${options.out}'`), [
      [records, "kraken"],
    ]);
    await assert.rejects(exportFile(await planExport(storage, REQUEST), options), {
      code: "EXPORT_SEVERAL_TYPES",
    });
    assert.deepEqual((await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name), [
      "trades.parquet",
    ]);
  });
});

Deno.test("a feed that is not archived is told with the nearest name", async () => {
  await withArchive(async (storage) => {
    await assert.rejects(planExport(storage, { ...REQUEST, feeds: ["krakn"] }), {
      code: "ARCHIVE_NOT_FOUND",
      hint: 'Did you mean "kraken"?',
    });
    await assert.rejects(planExport(storage, { ...REQUEST, env: "tset" }), {
      code: "ARCHIVE_NOT_FOUND",
      hint: 'Did you mean "test"?',
    });
    await assert.rejects(planExport(storage, { ...REQUEST, span: { toUs: 1 } }), {
      code: "NOTHING_ARCHIVED",
    });
  });
});

Deno.test("a sealed day gives the same rows as the windows that it was made of", async () => {
  await withArchive(async (storage, out) => {
    const rows = async (narrow: Partial<ExportRequest>, name: string) => {
      const options = { storage, format: "csv" as const, out: `${out}/${name}.csv` };
      const request: ExportRequest = { ...REQUEST, ...narrow, types: ["trade"], format: "csv" };
      await exportFile(await planExport(storage, request), options);
      return await Deno.readTextFile(options.out);
    };
    const span = { fromUs: Date.parse("2026-08-01T02:54:00Z") * 1000 };
    const whole = await rows({}, "whole");
    const part = await rows({ symbols: ["BTCUSD"], span }, "part");
    await sealDay({
      ...{ storage, ...FEED_DAY, software: { version: "0.1.0", commit: "test" }, force: true },
      ...{ tempDir: out, nowUs: () => Date.parse("2026-08-03") * 1000 },
    });
    const [partition] = await planExport(storage, { ...REQUEST, types: ["trade"] });
    assert.ok(partition?.sources[0]?.sealed);
    assert.equal(await rows({}, "whole"), whole);
    assert.equal(await rows({ symbols: ["BTCUSD"], span }, "part"), part);
    assert.ok(part.length < whole.length);
    const options = { storage, format: "parquet" as const, out: `${out}/trades.parquet` };
    await exportFile(await planExport(storage, { ...REQUEST, types: ["trade"] }), options);
    const source = await storage.get(partition.sources[0]?.key ?? "");
    assert.deepEqual(await Deno.readFile(options.out), source, "it is copied");
    // Into folders feed=… without that column: the same file, whether pages are copied or made anew.
    const partitions = await planExport(storage, { ...REQUEST, types: ["trade"] });
    const folders = await Promise.all(["copied", "anew"].map(async (name) => {
      const read = name === "anew" ? { read: readRecords } : {};
      const format = "parquet" as const;
      await exportPartitions(partitions, { storage, format, out: `${out}/${name}`, ...read });
      return await filesIn(`${out}/${name}`);
    }));
    assert.equal(Object.keys(folders[0] ?? {}).length, 2);
    assert.deepEqual(folders[0], folders[1]);
  });
});
