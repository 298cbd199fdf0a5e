import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { entriesOf, journalContract } from "../../tests/contract/journal.ts";
import { fileJournal } from "./file.ts";
import { encodeLine } from "./line.ts";
import type { TornTail } from "./segment_writer.ts";

journalContract("file", async () => {
  const dir = await Deno.makeTempDir();
  const journal = await fileJournal(join(dir, "below", "journal"));
  return { journal, remove: () => Deno.remove(dir, { recursive: true }) };
});

const FIRST = "0000000000000001.jsonl";
const UTF8 = new TextEncoder();

function inFolder(sentence: string, body: (dir: string) => Promise<void>): void {
  Deno.test(`file journal: ${sentence}`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      await body(dir);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

async function written(dir: string, count: number): Promise<Uint8Array> {
  const journal = await fileJournal(dir);
  for (let n = 1; n <= count; n++) await journal.append("a", { n });
  await journal.close();
  return await Deno.readFile(join(dir, FIRST));
}

inFolder("what was appended is there after it was opened anew", async (dir) => {
  await written(dir, 3);
  const journal = await fileJournal(dir);
  assert.equal(await journal.append("b", { n: 4 }), 4);
  assert.equal((await entriesOf(journal, "a")).length, 3);
  await journal.close();
});

inFolder("each line is JSON, with the CRC and length of its third part", async (dir) => {
  const text = new TextDecoder().decode(await written(dir, 2));
  for (const line of text.trimEnd().split("\n")) {
    const [crc, length, body] = JSON.parse(line);
    assert.match(crc, /^[0-9a-f]{8}$/);
    assert.equal(length, JSON.stringify(body).length);
    assert.equal(body.topic, "a");
  }
});

inFolder("its files are readable by this user only", async (dir) => {
  await written(dir, 1);
  assert.equal(((await Deno.stat(join(dir, FIRST))).mode ?? 0) & 0o777, 0o600);
});

inFolder(
  "wherever the last line is torn it is cut, told, and its position given anew",
  async (dir) => {
    const whole = await written(dir, 3);
    const lastStart = whole.lastIndexOf(10, whole.length - 2) + 1;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: lastStart + 1, max: whole.length - 1 }), async (cut) => {
        await Deno.writeFile(join(dir, FIRST), whole.subarray(0, cut));
        const reported: TornTail[] = [];
        const journal = await fileJournal(dir, { onTornTail: (tail) => reported.push(tail) });
        assert.equal(await journal.append("a", { n: 33 }), 3);
        const records = (await entriesOf(journal, "a")).map(({ record }) => record["n"]);
        await journal.close();
        assert.deepEqual(records, [1, 2, 33]);
        assert.deepEqual(reported, [{
          path: join(dir, FIRST),
          offset: lastStart,
          bytes: cut - lastStart,
        }]);
      }),
      { numRuns: 40 },
    );
  },
);

inFolder("zeros at the end, as a power loss leaves them, are a torn line", async (dir) => {
  const whole = await written(dir, 2);
  const zeros = new Uint8Array(whole.length + 4096);
  zeros.set(whole);
  await Deno.writeFile(join(dir, FIRST), zeros);
  const journal = await fileJournal(dir);
  assert.equal(await journal.append("a", {}), 3);
  await journal.close();
});

inFolder("a changed byte before whole lines is damage, never cut", async (dir) => {
  const whole = await written(dir, 3);
  const end = whole.indexOf(10);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: end }), async (at) => {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await Deno.writeFile(join(dir, FIRST), changed);
      await assert.rejects(fileJournal(dir), { code: "JOURNAL_DAMAGED" });
      assert.deepEqual(await Deno.readFile(join(dir, FIRST)), changed);
    }),
    { numRuns: 40 },
  );
});

inFolder("a line that is missing between whole ones is damage", async (dir) => {
  const at = 1_763_690_000_000_000;
  const lines = [1, 3].map((position) => encodeLine(position, "a", { atUs: at, text: "{}" }));
  await Deno.writeFile(join(dir, FIRST), new Uint8Array(lines.flatMap((line) => [...line])));
  await assert.rejects(fileJournal(dir), {
    code: "JOURNAL_DAMAGED",
    message: /position 3 stands where 2 belongs/,
  });
});

inFolder("a new file is begun by size, and reading goes over all", async (dir) => {
  const journal = await fileJournal(dir, { segmentBytesMax: 500 });
  for (let n = 1; n <= 40; n++) await journal.append("a", { n });
  const files = (await Array.fromAsync(Deno.readDir(dir))).filter(({ name }) => name !== "lock");
  assert.ok(files.length > 5, `${files.length} files`);
  const from = async (n: number) => (await entriesOf(journal, "a", n)).map((each) => each.position);
  assert.deepEqual(await from(1), Array.from({ length: 40 }, (_, i) => i + 1));
  assert.deepEqual(await from(38), [38, 39, 40]);
  await journal.close();
});

inFolder("a file in the middle that lost its end is damage for a reader", async (dir) => {
  const journal = await fileJournal(dir, { segmentBytesMax: 200 });
  for (let n = 1; n <= 10; n++) await journal.append("a", { n });
  const path = join(dir, FIRST);
  await Deno.truncate(path, (await Deno.stat(path)).size - 1);
  await assert.rejects(entriesOf(journal, "a"), { code: "JOURNAL_DAMAGED" });
  await journal.close();
});

inFolder("two writers of one folder share the positions", async (dir) => {
  const [one, two] = [
    await fileJournal(dir, { segmentBytesMax: 700 }),
    await fileJournal(dir, { segmentBytesMax: 700 }),
  ];
  const calls = Array.from({ length: 60 }, (_, n) => (n % 2 ? one : two).append("a", { n }));
  const positions = (await Promise.all(calls)).sort((a, b) => a - b);
  assert.deepEqual(positions, calls.map((_, n) => n + 1));
  assert.equal((await entriesOf(one, "a")).length, 60);
  await one.close();
  await two.close();
});

inFolder("a folder that cannot be made is told with its path", async (dir) => {
  await Deno.writeFile(join(dir, "taken"), UTF8.encode("a file"));
  await assert.rejects(fileJournal(join(dir, "taken")), {
    code: "JOURNAL_FAILED",
    message: /taken/,
  });
});
