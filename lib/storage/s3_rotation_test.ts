import assert from "node:assert/strict";
import { s3Storage } from "./s3.ts";

/** Key ids of the requests that a server gets, which has everything, empty. */
async function withServer(body: (endpoint: string, ids: string[]) => Promise<void>): Promise<void> {
  const ids: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const [, id = ""] = /Credential=([^/]+)\//.exec(request.headers.get("authorization") ?? "") ??
        [];
      ids.push(id);
      return new Response(null, { headers: { "content-length": "0", etag: '"e"' } });
    },
  );
  await body(`http://127.0.0.1:${server.addr.port}`, ids);
}

Deno.test("keys that were rotated are used from the next requests on, the last ones while none are there", () =>
  withServer(async (endpoint, ids) => {
    let key: string | undefined = "first";
    const keys = (access_key: string) => ({ access_key, secret_key: "s" });
    const storage = s3Storage({
      ...{ type: "s3", endpoint, region: "r", buckets: { raw: "b", normalized: "b" } },
      credentials: keys("first"),
      readCredentials: () =>
        key === undefined ? Promise.reject(new Error("no file")) : Promise.resolve(keys(key)),
    }, { keysMsMax: 0 });
    for (const each of ["first", "second", undefined, "third"]) {
      key = each;
      await storage.head("a");
    }
    assert.deepEqual(ids, ["first", "second", "second", "third"]);
    await storage.close();
  }));
