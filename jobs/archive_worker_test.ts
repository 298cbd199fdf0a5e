import assert from "node:assert/strict";
import { threadWorker } from "./archive_worker.ts";

const S3 = {
  ...{ type: "s3", endpoint: "http://127.0.0.1:1", region: "garage" } as const,
  buckets: { raw: "raw", normalized: "normalized" },
};
const TASK = { kind: "unsealed", env: "demo" } as const;

Deno.test("keys that are rotated in place are read for each task, and reach the thread", async () => {
  let reads = 0;
  const worker = threadWorker({
    ...S3,
    readCredentials: () => Promise.resolve({ access_key: `${++reads}`, secret_key: "b" }),
  });
  const never = { signal: new AbortController().signal, log: () => {} };
  await assert.rejects(worker.run(TASK, never), { code: "STORAGE_UNAVAILABLE" });
  await assert.rejects(worker.run(TASK, never), { code: "STORAGE_UNAVAILABLE" });
  assert.equal(reads, 2);
});

Deno.test("a task that is given up ends with its thread", async () => {
  const ended = new AbortController();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${listener.addr.port}`;
  const credentials = { access_key: "a", secret_key: "b" };
  const running = threadWorker({ ...S3, endpoint, credentials }).run(TASK, {
    ...{ signal: ended.signal, log: () => {} },
  });
  // It has asked the server that never answers.
  const connection = await listener.accept();
  ended.abort(new Error("enough"));
  await assert.rejects(running, /enough/);
  connection.close();
  listener.close();
});
