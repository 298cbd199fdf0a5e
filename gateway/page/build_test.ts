import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { withGateway } from "../testing/gateway_rig.ts";
import { staleFiles } from "@ssmd/runtime/bundle";
import { buildPage } from "./build.ts";

// esbuild's helper process is started once and ends with the test run.
const OWN_PROCESS = { sanitizeOps: false, sanitizeResources: false };

Deno.test("the page's bundle in dist is what its sources give", OWN_PROCESS, async () => {
  assert.deepEqual(await staleFiles(new URL("dist/", import.meta.url), await buildPage()), []);
});

/** What a phone has to fetch before it sees anything, packed. */
const PACKED_BYTES_MAX = 105_000;

Deno.test("the page is small: all its files packed", OWN_PROCESS, async () => {
  let bytes = 0;
  for (const contents of (await buildPage()).values()) {
    bytes += gzipSync(contents, { level: 9 }).length;
  }
  assert.ok(bytes < PACKED_BYTES_MAX, `${bytes} bytes`);
});

Deno.test("the page names no address outside of its gateway", OWN_PROCESS, async () => {
  for (const [name, contents] of await buildPage()) {
    if (name === "app.js") continue;
    const text = new TextDecoder().decode(contents).replaceAll("http://www.w3.org/", "");
    assert.doesNotMatch(text, /https?:\/\//, name);
  }
});

Deno.test("the page is served with its types, packed where that is understood", () =>
  withGateway(async ({ gateway }) => {
    const page = await fetch(gateway.url + "/");
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(await page.text(), /<script type="module" src="app.js">/);
    const script = await fetch(gateway.url + "/app.js");
    assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.match(String(script.headers.get("content-security-policy")), /default-src 'self'/);
    assert.ok((await script.text()).length > 100_000);
    const etag = String(script.headers.get("etag"));
    const again = await fetch(gateway.url + "/app.js", { headers: { "if-none-match": etag } });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
    for (const path of ["/app.css", "/sw.js", "/icon.svg"]) {
      const file = await fetch(gateway.url + path);
      assert.equal(file.status, 200);
      await file.text();
    }
    const outside = await fetch(gateway.url + "/../deno.json");
    assert.equal(outside.status, 404);
    await outside.text();
  }));
