import assert from "node:assert/strict";
import type { Storage } from "./storage.ts";
import { s3Storage } from "./s3.ts";

type Answer = (request: Request, url: URL) => Response;

/** What stands between here and an S3 server, or in its place: it answers 200 and 404 too. */
const STRANGERS: Record<string, () => Response> = {
  "an empty answer": () => new Response(""),
  "a page for people": () => new Response("<html>Sign in</html>"),
  "no content": () => new Response(null, { status: 204 }),
  "404 of a proxy": () => new Response("404 page not found\n", { status: 404 }),
  "404 without a body": () => new Response("", { status: 404 }),
};

async function answeredBy(answer: Answer, body: (storage: Storage) => Promise<void>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    return answer(request, new URL(request.url));
  });
  const storage = s3Storage({
    type: "s3",
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    region: "us-east-1",
    buckets: { raw: "b", normalized: "b" },
    pathStyle: true,
    credentials: { access_key: "a", secret_key: "b" },
  }, { attemptsMax: 2, firstWaitMs: 1 });
  try {
    await body(storage);
  } finally {
    await storage.close();
    await server.shutdown();
  }
}

function page(keys: readonly string[], more: string): Response {
  const rows = keys.map((key) => `<Contents><Key>${key}</Key><Size>3</Size></Contents>`);
  return new Response(`<ListBucketResult>${more}${rows.join("")}</ListBucketResult>`);
}

const END = "<IsTruncated>false</IsTruncated>";
const MORE = "<IsTruncated>true</IsTruncated>";
const NEXT = "<NextContinuationToken>x</NextContinuationToken>";
const UNAVAILABLE = { code: "STORAGE_UNAVAILABLE" };

async function keysOf(storage: Storage): Promise<string[]> {
  return (await Array.fromAsync(storage.list("a/"))).map(({ key }) => key);
}

for (const [name, stranger] of Object.entries(STRANGERS)) {
  Deno.test(`nothing is missing, and nothing written, because of ${name}`, async () => {
    await answeredBy(stranger, async (storage) => {
      await assert.rejects(keysOf(storage), UNAVAILABLE);
      await assert.rejects(storage.getRange("a/1", 0, 4), UNAVAILABLE);
      await assert.rejects(storage.putIfAbsent!("a/1", new Uint8Array(3)), UNAVAILABLE);
      await assert.rejects(storage.put("a/1", new Uint8Array(3)), UNAVAILABLE);
      if (stranger().status !== 404) return;
      await assert.rejects(storage.get("a/1"), UNAVAILABLE);
      await assert.rejects(storage.head("a/1"), UNAVAILABLE);
    });
  });
}

Deno.test("a HEAD's 404 counts if a GET's says the same", async () => {
  let isThere = true;
  const missing = "<Error><Code>NoSuchKey</Code></Error>";
  await answeredBy(({ method }) => {
    if (method === "HEAD") return new Response(null, { status: 404 });
    return isThere ? new Response("abc") : new Response(missing, { status: 404 });
  }, async (storage) => {
    await assert.rejects(storage.head("a/1"), UNAVAILABLE);
    isThere = false;
    assert.equal(await storage.head("a/1"), undefined);
  });
});

Deno.test("a list that goes on but does not say where is not whole", async () => {
  await answeredBy(() => page(["a/1", "a/2"], MORE), async (storage) => {
    await assert.rejects(keysOf(storage), UNAVAILABLE);
  });
  await answeredBy(() => page(["a/1", "a/2"], MORE + NEXT), async (storage) => {
    await assert.rejects(keysOf(storage), UNAVAILABLE);
  });
});

Deno.test("a key that a list names twice is one object", async () => {
  await answeredBy(
    (_, { searchParams }) =>
      searchParams.has("continuation-token")
        ? page(["a/2", "a/3", "a/3", "a/4"], END)
        : page(["a/1", "a/2", "a/2", "a/3"], MORE + NEXT),
    async (storage) => {
      assert.deepEqual(await keysOf(storage), ["a/1", "a/2", "a/3", "a/4"]);
    },
  );
});
