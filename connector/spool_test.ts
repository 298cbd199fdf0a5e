import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { StorageError } from "@ssmd/runtime";
import {
  listSegments,
  type Segment,
  type SegmentHeader,
  type SegmentLine,
  SegmentReader,
} from "./segment.ts";
import { Spool } from "./spool.ts";
import { canMount, Tmpfs } from "../tests/servers/tmpfs.ts";
import { troubleOf } from "./spool_trouble.ts";

const MINUTE_US = 60_000_000;
const TEXT = new TextDecoder();

interface Reported {
  durable: number;
  closed: Segment[];
  troubles: (StorageError | undefined)[];
}

function newSpool(
  dir: string,
  reported: Reported,
  { onDurable, onHeader, countsWritten = false }: {
    onDurable?: () => void;
    onHeader?: () => void;
    countsWritten?: boolean;
  } = {},
): Spool {
  return new Spool("r1", {
    ...{ dir, countsWritten },
    header: (firstLine) => {
      onHeader?.();
      return { run: "r1", env: "test", feed: "x", firstLine, openedUs: 0, connections: [] };
    },
    onDurable: (count) => {
      reported.durable += count;
      onDurable?.();
    },
    onClosed: (segment) => reported.closed.push(segment),
    onTrouble: (error) => reported.troubles.push(error),
  });
}

interface Content {
  header: SegmentHeader;
  lines: SegmentLine[];
  tornBytes: number;
}

async function readSegment(segment: Segment): Promise<Content | undefined> {
  const reader = await SegmentReader.open(segment);
  if (!reader) return undefined;
  const lines: SegmentLine[] = [];
  for await (const batch of reader.batches()) {
    for (const line of batch) lines.push({ ...line, raw: new Uint8Array(line.raw) });
  }
  return { header: reader.header, lines, tornBytes: reader.tornBytes };
}

function nothingReported(): Reported {
  return { durable: 0, closed: [], troubles: [] };
}

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Bytes of all buffers that are still referenced. */
function bufferBytes(): number {
  collectGarbage();
  return Deno.memoryUsage().external;
}

Deno.test("Spool gives back the memory of lines that waited for a slow disk", () =>
  inFolder(async (dir) => {
    const reported = nothingReported();
    const spool = newSpool(dir, reported);
    const before = bufferBytes();
    const line = new Uint8Array(100_000).fill(97);
    const stall = async () => {
      for (let i = 0; i < 160; i++) spool.append(0, MINUTE_US, "{", line, "}");
      await spool.commit();
    };
    await stall();
    await stall();
    // Both buffers are in use again.
    for (let i = 0; i < 3; i++) {
      spool.append(0, MINUTE_US, "{", line, "}");
      await spool.commit();
    }
    const keptMiB = (bufferBytes() - before) / 2 ** 20;
    await spool.close();
    assert.equal(reported.durable, 323);
    assert.ok(keptMiB < 4, `${keptMiB} MiB are kept`);
  }));

Deno.test("Spool keeps lines of all connections in the order they came, byte for byte", () =>
  inFolder(async (dir) => {
    const reported = nothingReported();
    const spool = newSpool(dir, reported);
    for (let i = 1; i <= 1000; i++) {
      const number = spool.append(1 + i % 3, i, `{"t":"${i}000","m":`, Buffer.from(`"é${i}"`), "}");
      assert.equal(number, i);
    }
    await spool.close();
    assert.equal(reported.durable, 1000);
    const [segment] = await listSegments(dir);
    const content = await readSegment(segment as Segment);
    assert.equal(content?.lines.length, 1000);
    for (const [index, line] of content!.lines.entries()) {
      const i = index + 1;
      assert.equal(line.number, i);
      assert.equal(line.connectionIndex, 1 + i % 3);
      assert.equal(TEXT.decode(line.raw), `{"t":"${i}000","m":"é${i}"}\n`);
    }
  }));

Deno.test("Spool begins a segment for each minute and tells when one is closed", () =>
  inFolder(async (dir) => {
    const reported = nothingReported();
    const spool = newSpool(dir, reported);
    for (const minute of [1, 1, 2, 5]) {
      spool.append(1, minute * MINUTE_US, "{}", new Uint8Array(), "");
      await spool.commit();
    }
    await spool.close();
    assert.deepEqual(reported.closed.map((segment) => segment.firstLine), [1, 3, 4]);
    const contents = await Promise.all((await listSegments(dir)).map(readSegment));
    assert.deepEqual(contents.map((content) => content?.lines.length), [2, 1, 1]);
    assert.deepEqual(contents.map((content) => content?.header.openedUs), [
      MINUTE_US,
      2 * MINUTE_US,
      5 * MINUTE_US,
    ]);
  }));

Deno.test("a cut while a segment is being opened holds for the next line", () =>
  inFolder(async (dir) => {
    const reported = nothingReported();
    const onHeader = () => queueMicrotask(() => spool.cut());
    const spool = newSpool(dir, reported, { onHeader });
    spool.append(1, MINUTE_US, "{}", new Uint8Array(), "");
    await spool.commit();
    spool.append(1, MINUTE_US + 1, "{}", new Uint8Array(), "");
    await spool.close();
    assert.deepEqual(reported.closed.map((segment) => segment.firstLine), [1, 2]);
  }));

Deno.test("lines that count once they are written are in the file by then, and in its segments", () =>
  inFolder(async (dir) => {
    const reported = nothingReported();
    const held: number[] = [];
    const spool = newSpool(dir, reported, {
      countsWritten: true,
      onDurable: () => held.push(linesIn(dir) - reported.durable),
    });
    for (let i = 0; i < 300; i++) {
      spool.append(1, (1 + Math.floor(i / 100)) * MINUTE_US, "{}", new Uint8Array(), "");
      if (i % 7 === 0) await spool.commit();
    }
    await spool.close();
    assert.ok(held.every((more) => more >= 0), "a line counted that was not in the file");
    const contents = await Promise.all((await listSegments(dir)).map(readSegment));
    const lines = contents.flatMap((content) => content?.lines.map(({ number }) => number));
    assert.deepEqual(lines, Array.from({ length: 300 }, (_, i) => i + 1));
    assert.deepEqual([contents.length, reported.durable, reported.closed.length], [3, 300, 3]);
  }));

/** Whole lines in the segments of a folder, without their headers. */
function linesIn(dir: string): number {
  return [...Deno.readDirSync(dir)]
    .map(({ name }) => Deno.readTextFileSync(`${dir}/${name}`).split("\n").length - 2)
    .reduce((sum, lines) => sum + lines, 0);
}

Deno.test("lines become durable without being asked for, and one that is asked for at once too", () =>
  inFolder(async (dir) => {
    const reported = nothingReported();
    const next = { durable: Promise.withResolvers<void>() };
    const spool = newSpool(dir, reported, { onDurable: () => next.durable.resolve() });
    for (let line = 1; line <= 6; line++) {
      next.durable = Promise.withResolvers();
      spool.append(1, MINUTE_US, "{}", new Uint8Array(), "");
      // Within the pause after the group before.
      if (line % 3 === 0) await spool.commit();
      else await next.durable.promise;
      assert.equal(reported.durable, line);
    }
    await spool.close();
  }));

Deno.test("a commit waits for what was there, not for what keeps coming", () =>
  inFolder(async (dir) => {
    let isComing = true;
    const onDurable = () => {
      if (isComing) add();
    };
    const spool: Spool = newSpool(dir, nothingReported(), { onDurable });
    const add = () => void spool.append(1, MINUTE_US, "{}", new Uint8Array(), "");
    add();
    await spool.commit();
    assert.ok(spool.durableLine >= 1 && spool.waitingLines > 0);
    isComing = false;
    await spool.close();
    assert.equal(spool.waitingLines, 0);
  }));

Deno.test("readSegment() leaves out a torn last line and says how long it was", () =>
  inFolder(async (dir) => {
    const spool = newSpool(dir, nothingReported());
    spool.append(1, 1, "first", new Uint8Array(), "");
    spool.append(1, 1, "second", new Uint8Array(), "");
    await spool.close();
    const [segment] = await listSegments(dir) as [Segment];
    const bytes = await Deno.readFile(segment.path);
    await Deno.writeFile(segment.path, bytes.subarray(0, -3));
    const content = await readSegment(segment);
    assert.deepEqual(content?.lines.map((line) => TEXT.decode(line.raw)), ["first\n"]);
    assert.equal(content?.tornBytes, "1 second".length - 2);
    await Deno.writeFile(segment.path, bytes.subarray(0, 10));
    assert.equal(await readSegment(segment), undefined);
  }));

Deno.test("SegmentReader gives lines longer than what it reads at once", () =>
  inFolder(async (dir) => {
    const spool = newSpool(dir, nothingReported());
    const sizes = [10, 3_000_000, 20, 1_048_576, 0];
    for (const size of sizes) spool.append(1, 1, "", new Uint8Array(size).fill(120), "");
    await spool.close();
    const content = await readSegment((await listSegments(dir))[0] as Segment);
    assert.deepEqual(content?.lines.map((line) => line.raw.length - 1), sizes);
  }));

Deno.test("Spool keeps lines in memory while its folder is away, and writes them when it is back", () =>
  inFolder(async (dir) => {
    const reported = nothingReported();
    const spool = newSpool(`${dir}/later`, reported);
    spool.append(1, 1, "kept", new Uint8Array(), "");
    const committed = spool.commit();
    while (reported.troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(reported.troubles[0]?.code, "SPOOL_FAILED");
    assert.equal(reported.durable, 0);
    await Deno.mkdir(`${dir}/later`);
    await committed;
    await spool.close();
    assert.equal(reported.durable, 1);
    assert.equal(reported.troubles.at(-1), undefined);
    const content = await readSegment((await listSegments(`${dir}/later`))[0] as Segment);
    assert.equal(content?.lines.length, 1);
  }));

Deno.test("troubleOf() says what to do about a full disk and a read-only folder", () => {
  const full = troubleOf(Object.assign(new Error("x"), { code: "ENOSPC" }), "/spool");
  assert.equal(full.code, "SPOOL_FULL");
  assert.match(full.hint, /Free space/);
  const readOnly = troubleOf(Object.assign(new Error("x"), { code: "EROFS" }), "/spool");
  assert.equal(readOnly.code, "SPOOL_READ_ONLY");
  assert.match(readOnly.hint, /writable/);
});

Deno.test({
  name: "a segment that fills the disk is closed, so that it can leave it (needs root)",
  ignore: !canMount(),
  fn: async () => {
    await using disk = new Tmpfs(1);
    const reported = nothingReported();
    const spool = newSpool(disk.path, reported);
    const line = new Uint8Array(100_000).fill(120);
    const numbers: number[] = [];
    // What is closed is archived, and goes.
    const archive = setInterval(async () => {
      for (const segment of reported.closed.splice(0)) {
        numbers.push(...(await readSegment(segment))!.lines.map(({ number }) => number));
        await Deno.remove(segment.path);
      }
    }, 10);
    // More than the disk takes, within one minute.
    for (let i = 0; i < 25; i++) {
      spool.append(1, MINUTE_US + i, "", line, "");
      await spool.commit();
    }
    clearInterval(archive);
    await spool.close();
    for (const segment of reported.closed) {
      numbers.push(...(await readSegment(segment))!.lines.map(({ number }) => number));
    }
    assert.deepEqual(numbers, Array.from({ length: 25 }, (_, i) => i + 1));
    assert.equal(reported.durable, 25);
    assert.ok(reported.troubles.some((error) => error?.code === "SPOOL_FULL"));
  },
});
