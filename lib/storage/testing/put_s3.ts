/** `put_s3.ts <endpoint> <bucket>`: writes an object, reads it back, and prints `same` or why not. @module */
import { SsmdError } from "@ssmd/runtime";
import { openStorage } from "@ssmd/storage";

const [endpoint = "", bucket = ""] = Deno.args;
const storage = await openStorage({
  ...{ type: "s3", endpoint, region: "us-east-1", buckets: { raw: bucket, normalized: bucket } },
  credentials: {
    access_key: Deno.env.get("SSMD_ACCESS_KEY") ?? "",
    secret_key: Deno.env.get("SSMD_SECRET_KEY") ?? "",
  },
});
const bytes = crypto.getRandomValues(new Uint8Array(10_000));
try {
  await storage.put("a/b", bytes);
  const read = await storage.get("a/b");
  console.log(read.every((byte, i) => byte === bytes[i]) ? "same" : "different");
} catch (error) {
  console.log(error instanceof SsmdError ? `${error.code} ${error.message}` : String(error));
} finally {
  await storage.close();
}
