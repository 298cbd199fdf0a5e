import assert from "node:assert/strict";
import { hasProgram, signedCertificate } from "../../tests/servers/certificates.ts";
import { type S3Server, s3ServerAvailable, startS3Server } from "../../tests/servers/s3_server.ts";
import { BUCKET } from "./_fixtures.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const SCRIPT = new URL("./testing/put_s3.ts", import.meta.url).pathname;
const READY = s3ServerAvailable() &&
  (Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" || await hasProgram("openssl", "version"));

/** Puts an object in a process of its own, as certificates are read when a process starts. */
async function putBy(server: S3Server, env: Record<string, string>): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-qA", "--no-check", `--config=${CONFIG}`, SCRIPT, server.endpoint, BUCKET],
    env: {
      SSMD_ACCESS_KEY: server.credentials.access_key,
      SSMD_SECRET_KEY: server.credentials.secret_key,
      ...env,
    },
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout).trim() || text.decode(stderr);
}

Deno.test({
  name: "https with a certificate of one's own works by DENO_CERT, and is refused without it",
  ignore: !READY,
  fn: async () => {
    const dir = await Deno.makeTempDir({ prefix: "ssmd-tls-" });
    const { ca, ...tls } = await signedCertificate(dir);
    const server = await startS3Server({ buckets: [BUCKET], tls });
    try {
      assert.equal(await putBy(server, { DENO_CERT: ca }), "same");
      assert.match(await putBy(server, {}), /^STORAGE_UNAVAILABLE .*(UnknownIssuer|certificate)/);
    } finally {
      await server.stop();
      await Deno.remove(dir, { recursive: true });
    }
  },
});
