import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { bundle, putFiles, staleFiles } from "./bundle.ts";

Deno.test("a bundle is one small file, and what differs from it is stale", async () => {
  const dir = await Deno.makeTempDir();
  const folder = pathToFileURL(`${dir}/generated/`);
  const contents = await bundle({
    stdin: { contents: "export const sum = 1 + 1; if (false) sum();", loader: "js" },
    format: "esm",
  });
  assert.match(new TextDecoder().decode(contents), /^var \w+=2;export\{\w+ as sum\};\n$/);
  const files = new Map([["a.js", contents]]);
  assert.deepEqual(await staleFiles(folder, files), ["a.js"]);
  await putFiles(folder, files);
  assert.deepEqual(await staleFiles(folder, files), []);
  await Deno.writeFile(`${dir}/generated/a.js`, contents.subarray(1));
  assert.deepEqual(await staleFiles(folder, files), ["a.js"]);
  await Deno.remove(dir, { recursive: true });
});
