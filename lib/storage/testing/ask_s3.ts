/** Asks an S3 server at the address given and prints the code of what comes: for tests of permissions. */
import { SsmdError } from "@ssmd/runtime";
import { openStorage } from "@ssmd/storage";

const [endpoint = ""] = Deno.args;
const storage = await openStorage({
  type: "s3",
  endpoint,
  region: "us-east-1",
  buckets: { raw: "a", normalized: "a" },
  credentials: { access_key: "a", secret_key: "b" },
});
const code = await storage.put("a", new Uint8Array(10)).then(
  () => "stored",
  (error: unknown) => error instanceof SsmdError ? error.code : String(error),
);
await storage.close();
console.log(code);
