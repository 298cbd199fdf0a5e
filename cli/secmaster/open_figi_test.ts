import assert from "node:assert/strict";
import { answerOpenFigi } from "../testing/fake_open_figi.ts";
import { askOpenFigi, type FigiQuery } from "./open_figi.ts";

/** OpenFIGI that refuses the first requests for their rate. */
async function withFake(
  refusals: number,
  body: (url: string, requests: () => number) => Promise<void>,
): Promise<void> {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (++requests > refusals) return answerOpenFigi(request);
    return new Response("Too Many Requests", {
      status: 429,
      headers: { "ratelimit-reset": "0.05" },
    });
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}/v3`, () => requests);
  } finally {
    await server.shutdown();
  }
}

const ticker = (idValue: string): FigiQuery => ({ idType: "TICKER", idValue });

Deno.test("OpenFIGI is asked ten queries at once, as slowly as it wants, and answers each", () =>
  withFake(2, async (url, requests) => {
    const queries = [
      ticker("IBM"),
      ...Array.from({ length: 11 }, (_, n) => ticker(`NONE${n}`)),
      { ...ticker("IBM"), exchCode: "UA" },
      { idType: "ID_ISIN", idValue: "wrong" },
      ticker("BAD"),
    ];
    const answers = await askOpenFigi(url, queries);
    assert.equal(requests(), 4);
    assert.equal(answers.length, queries.length);
    assert.deepEqual(answers[0]?.matches.map(({ figi }) => figi), [
      ...["BBG000BLNNH6", "BBG000BLNNV0", "BBG000BLNPB7"],
    ]);
    assert.deepEqual(answers[1], { matches: [], problem: "No identifier found." });
    assert.deepEqual(answers[12]?.matches.map(({ exchCode }) => exchCode), ["UA"]);
    assert.equal(answers[13]?.problem, "Invalid idValue format.");
    assert.deepEqual(answers[14]?.matches, [], "its check digit is wrong");
  }));

Deno.test("OpenFIGI that refuses, fails or says nonsense is an error with a name", async () => {
  await withFake(100, async (url) => {
    await assert.rejects(askOpenFigi(url, [ticker("IBM")]), { code: "OPENFIGI_REFUSED" });
  });
  await withFake(0, async (url) => {
    await assert.rejects(askOpenFigi(`${url}/x`, [ticker("IBM")]), { code: "OPENFIGI_REFUSED" });
  });
  await assert.rejects(askOpenFigi("http://127.0.0.1:1", [ticker("IBM")]), {
    code: "OPENFIGI_UNAVAILABLE",
  });
});
