import assert from "node:assert/strict";
import type { Journal, JournalEntry, JsonRecord } from "@ssmd/journal";
import { nowUs, SsmdError } from "@ssmd/runtime";
import fc from "fast-check";

/** Opens a driver on an empty journal, with its cleanup. */
export interface JournalSubject {
  journal: Journal;
  /** Removes what the driver stored outside the process. */
  remove(): Promise<void>;
}

/** Returns all entries of a topic from a position on. */
export async function entriesOf(
  journal: Journal,
  topic: string,
  fromPosition?: number,
): Promise<JournalEntry[]> {
  return await Array.fromAsync(journal.read(topic, fromPosition));
}

function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof SsmdError, String(error));
    assert.equal(error.code, code);
    assert.notEqual(error.hint, "");
    return true;
  });
}

type Test = (sentence: string, body: (journal: Journal) => Promise<void>) => void;

/** Registers the tests that every journal driver must pass. */
export function journalContract(name: string, open: () => Promise<JournalSubject>): void {
  const test: Test = (sentence, body) =>
    Deno.test(`${name} journal: ${sentence}`, async () => {
      const { journal, remove } = await open();
      try {
        await body(journal);
      } finally {
        await journal.close();
        await remove();
      }
    });
  appendTests(test);
  readTests(test);
  refusalTests(test);
}

function appendTests(test: Test): void {
  test("positions count up by one over all topics", async (journal) => {
    assert.equal(await journal.append("audit.keys", { n: 1 }), 1);
    assert.equal(await journal.append("audit.env", { n: 2 }), 2);
    assert.equal(await journal.append("audit.keys", { n: 3 }), 3);
  });

  test("appends made at once keep the order of the calls", async (journal) => {
    const calls = Array.from({ length: 500 }, (_, n) => journal.append(`topic.${n % 3}`, { n }));
    assert.deepEqual(await Promise.all(calls), calls.map((_, n) => n + 1));
    const read = await entriesOf(journal, "topic.1");
    assert.deepEqual(
      read.map(({ record }) => record["n"]),
      calls.keys().filter((n) => n % 3 === 1).toArray(),
    );
  });

  test("any JSON comes back as it was given", async (journal) => {
    const given: JsonRecord[] = [];
    const record = fc.dictionary(
      fc.string({ unit: "binary" }),
      fc.jsonValue({ noUnicodeString: false }),
    );
    await fc.assert(
      fc.asyncProperty(record, async (each) => {
        const plain = JSON.parse(JSON.stringify(each)) as JsonRecord;
        given.push(plain);
        await journal.append("any", plain);
      }),
      { numRuns: 50 },
    );
    assert.deepEqual((await entriesOf(journal, "any")).map((entry) => entry.record), given);
  });

  test("what the caller changes after append does not change the record", async (journal) => {
    const record = { list: [1] };
    await journal.append("a", record);
    record.list.push(2);
    for (const entry of await entriesOf(journal, "a")) entry.record["list"] = "changed";
    assert.deepEqual((await entriesOf(journal, "a"))[0]?.record, { list: [1] });
  });

  test("an entry tells when it was appended, in microseconds", async (journal) => {
    const before = nowUs();
    await journal.append("a", {});
    const [entry] = await entriesOf(journal, "a");
    assert.ok(entry && entry.atUs >= before && entry.atUs <= nowUs(), `${entry?.atUs}`);
    assert.ok(Number.isInteger(entry.atUs));
  });
}

function readTests(test: Test): void {
  test("an empty journal reads as nothing", async (journal) => {
    assert.deepEqual(await entriesOf(journal, "audit.keys"), []);
  });

  test("reading begins at the position asked for, be it of another topic", async (journal) => {
    for (let n = 1; n <= 6; n++) await journal.append(n % 2 === 0 ? "even" : "odd", { n });
    const positions = async (from: number) =>
      (await entriesOf(journal, "even", from)).map(({ position }) => position);
    assert.deepEqual(await positions(0), [2, 4, 6]);
    assert.deepEqual(await positions(3), [4, 6]);
    assert.deepEqual(await positions(4), [4, 6]);
    assert.deepEqual(await positions(7), []);
  });

  test("a reading ends with what was there when it began", async (journal) => {
    await journal.append("a", { n: 1 });
    await journal.append("a", { n: 2 });
    let seen = 0;
    for await (const { position } of journal.read("a")) {
      seen = position;
      await journal.append("a", { n: 3 });
    }
    assert.equal(seen, 2);
  });

  test("a topic is no prefix of another", async (journal) => {
    await journal.append("audit.keys", {});
    assert.deepEqual(await entriesOf(journal, "audit"), []);
    assert.deepEqual(await entriesOf(journal, "audit.key"), []);
  });
}

function refusalTests(test: Test): void {
  test("a topic that is no words with dots is refused", async (journal) => {
    for (const topic of ["", "Audit", "a..b", ".a", "a.", "a b", "a/b", "a\nb", "x".repeat(129)]) {
      await rejectsWith("JOURNAL_TOPIC_INVALID", journal.append(topic, {}));
      await rejectsWith("JOURNAL_TOPIC_INVALID", entriesOf(journal, topic));
    }
  });

  test("a record over the limit is refused, and the next has its position", async (journal) => {
    await rejectsWith("JOURNAL_RECORD_TOO_LARGE", journal.append("a", { x: "é".repeat(600_000) }));
    assert.equal(await journal.append("a", { x: "x".repeat(1_000_000) }), 1);
  });

  test("after close it refuses; closing twice is harmless", async (journal) => {
    const underWay = journal.append("a", {});
    await journal.close();
    assert.equal(await underWay, 1);
    await journal.close();
    await rejectsWith("JOURNAL_CLOSED", journal.append("a", {}));
    await rejectsWith("JOURNAL_CLOSED", entriesOf(journal, "a"));
  });
}
