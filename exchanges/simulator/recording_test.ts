import assert from "node:assert/strict";
import { venueNamed } from "@ssmd/exchanges";
import { parseCaptureLine } from "./capture_line.ts";
import { inspectCapture, Recording } from "./mod.ts";

Deno.test("a line is read in any order of its keys, its frame as it was written", () => {
  const frame = `{"a": [1.50, "}\\",{"], "t":"9"}`;
  const lines = [
    `{"t":"1785552832000000123","m":${frame}}`,
    ` { "m" : ${frame} , "t" : 1785552832000000123 }\r`,
    `{"x\\"y":{"m":1},"t":"1785552832000000123","m":${frame},"n":2}`,
  ];
  for (const line of lines) {
    assert.deepEqual(parseCaptureLine(line), {
      ...{ kind: "frame", atUs: 1785552832000000, text: frame },
    });
  }
  assert.equal(parseCaptureLine(" \r"), undefined);
});

Deno.test("what is no line of a recording says why, other recorders' events have our names", () => {
  const why = (line: string) => {
    const read = parseCaptureLine(line);
    return read?.kind === "unreadable" ? read.why : read?.kind;
  };
  assert.match(why(`{"t":"1","m":{`) ?? "", /not a whole one/);
  assert.match(why(`{"t":"2026-08-01","m":{}}`) ?? "", /no time/);
  assert.match(why(`{"m":{}}`) ?? "", /no time/);
  assert.match(why(`{"t":"1"}`) ?? "", /neither/);
  assert.match(why(`[1]`) ?? "", /no JSON object/);
  assert.match(why(`{"_capture":{}}`) ?? "", /lacks its connection/);
  const nameOf = (e: string) => {
    const read = parseCaptureLine(JSON.stringify({ t: "1000", e }));
    return read?.kind === "event" ? read.name : undefined;
  };
  assert.deepEqual(["ws_connected", "open", "reconnect"].map(nameOf), Array(3).fill("connect"));
  assert.deepEqual(["ws_disconnected", "closed"].map(nameOf), Array(2).fill("disconnect"));
  assert.equal(nameOf("market_rotated"), "market_rotated");
});

/** A raw file of ours: `at` are the milliseconds of its lines. */
function rawFile(connection: string, linesBefore: number, at: readonly number[]): string {
  const symbols = [{ symbol: "BTCUSD", external: "BTC/USD", depth: 25 }];
  const header = { _capture: { connection, venue: "kraken", symbols, linesBefore } };
  const lines = at.map((ms) =>
    `{"t":"${1785552832000 + ms}000000","m":{"channel":"heartbeat","ms":${ms}}}`
  );
  return [JSON.stringify(header), ...lines, ""].join("\n");
}

/** What is played of files that are given in this order: `connection:ms`, or the name of an event. */
async function playedOf(files: readonly string[]): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const summaries = await Promise.all(files.map(async (text, i) => {
      const path = `${folder}/${i}.jsonl`;
      await Deno.writeTextFile(path, text);
      return await inspectCapture(path);
    }));
    const recording = new Recording(venueNamed("kraken"), summaries);
    const lines = (await Array.fromAsync(recording.lines())).flat();
    return lines.map((line) =>
      line.kind === "frame"
        ? `${line.connection}:${JSON.parse(line.text).ms}`
        : line.kind === "event"
        ? `${line.connection} ${line.name}`
        : line.kind
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("raw files are played in the order of their connections, whatever theirs is", async () => {
  const files = [rawFile("b-2", 0, [2, 4]), rawFile("a-1", 2, [5, 6]), rawFile("a-1", 0, [1, 3])];
  assert.deepEqual(await playedOf(files), ["1:1", "0:2", "1:3", "0:4", "1:5", "1:6"]);
  // One file of several, as `zstd -dc *.zst` makes it, too.
  assert.deepEqual(await playedOf([files.toReversed().join("")]), [
    ...["0:1", "0:3", "0:5", "0:6", "1:2", "1:4"],
  ]);
});

Deno.test("where a file of a connection is missing, the recording has a break", async () => {
  const files = [rawFile("a-1", 0, [1, 2]), rawFile("a-1", 7, [3])];
  assert.deepEqual(await playedOf(files), ["0:1", "0:2", "0 disconnect", "0:3"]);
});

Deno.test("files of another recorder are one connection for each wire format", async () => {
  const folder = await Deno.makeTempDir();
  const days = ["2025-05-01", "2026-02-01", "2026-05-01", "2026-06-01"];
  const summaries = await Promise.all(days.map(async (day) => {
    const path = `${folder}/${day}.jsonl`;
    const line = `{"t":"${Date.parse(day)}000000","m":{"type":"ticker","sid":1,"msg":{}}}`;
    await Deno.writeTextFile(path, line);
    return await inspectCapture(path);
  }));
  const { connections } = new Recording(venueNamed("kalshi"), summaries);
  await Deno.remove(folder, { recursive: true });
  assert.deepEqual(connections.map(({ normalizer }) => normalizer), [
    ...["kalshi-2021", "kalshi-2026-01", "kalshi-2026-03-12"],
  ]);
});
