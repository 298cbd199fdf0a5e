import assert from "node:assert/strict";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Rbac } from "@ssmd/metadata";
import { createLogger } from "@ssmd/runtime";
import { WebSocket } from "ws";
import { authority, type CertificateFiles } from "../tests/servers/certificates.ts";
import { type GuardedGateway, withGuardedGateway } from "./access/testing/guarded_gateway.ts";
import { TlsFiles } from "./http/tls_files.ts";
import { isAnswering } from "./self_check.ts";
import { until } from "./testing/gateway_rig.ts";
import { RawSocket } from "../tests/servers/raw_socket.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

const RBAC: Rbac = {
  environment: "test",
  clients: {},
  tokens: [],
  certificates: [{ subject: "CN=algo-7,O=Desk\\, Inc", role: "operator", client: "desk" }],
};
const CLIENT = { extensions: "extendedKeyUsage=clientAuth", subject: "/O=Desk, Inc/CN=algo-7" };

/** A gateway with TLS, and certificates of who may and who may not. */
interface TlsRig extends GuardedGateway {
  dir: string;
  ca: string;
  caText: string;
  clock: { ms: number };
  log: string[];
  /** The text of a key of `desk`. */
  key: GuardedGateway["key"];
  text: string;
  signed: Record<"good" | "foreign" | "over" | "server" | "stranger", CertificateFiles>;
}

async function withTls(test: (rig: TlsRig) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const own = await authority(dir);
    const other = await authority(dir, "other");
    const { certificatePath: cert, privateKeyPath: key } = await own.sign();
    const signed = {
      good: await own.sign({ ...CLIENT, name: "good" }),
      foreign: await other.sign({ ...CLIENT, name: "foreign" }),
      over: await own.sign({ ...CLIENT, name: "over", isOver: true }),
      server: await own.sign({ ...CLIENT, name: "srv", extensions: "extendedKeyUsage=serverAuth" }),
      stranger: await own.sign({ ...CLIENT, name: "stranger", subject: "/O=Desk, Inc/CN=algo-8" }),
    };
    const clock = { ms: Date.now() };
    const log: string[] = [];
    await withGuardedGateway(async (rig) => {
      const text = await rig.key("desk", {}, { feed: "kraken", symbols: "BTC*" });
      const caText = await Deno.readTextFile(own.ca);
      await test({ ...rig, dir, ca: own.ca, caText, clock, log, text, signed });
    }, {
      rbac: RBAC,
      tls: { cert, key, client_ca: own.ca },
      logger: createLogger({ format: "plain", write: (line) => log.push(line) }),
      access: { now: () => clock.ms },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

interface CurlAnswer {
  status: number;
  headers: string;
  code: string;
}

async function curl(rig: TlsRig, path: string, ...args: string[]): Promise<CurlAnswer> {
  const common = ["-sS", "-i", "--max-time", "60", "--cacert", rig.ca, "-w", "\n%{http_code}"];
  const { stdout } = await new Deno.Command("curl", {
    args: [...common, ...args, `${rig.gateway.url}${path}`],
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const status = Number(text.split("\n").at(-1));
  const headers = text.split("\r\n\r\n")[0] ?? "";
  return { status, headers, code: /"code":"(\w+)"/.exec(text)?.[1] ?? "" };
}

function shown({ certificatePath, privateKeyPath }: CertificateFiles): string[] {
  return ["--cert", certificatePath, "--key", privateKeyPath];
}

async function openStream({ gateway, caText, signed }: TlsRig): Promise<WebSocket> {
  const { certificatePath, privateKeyPath } = signed.good;
  return new WebSocket(`${gateway.url.replace("http", "ws")}/v1/stream?symbols=BTC*`, {
    ca: caText,
    cert: await Deno.readTextFile(certificatePath),
    key: await Deno.readTextFile(privateKeyPath),
  });
}

Deno.test("a TLS client whose address is admitted slowly gets its answer when its turn comes", () =>
  withTls(async (rig) => {
    const count = 4 * GATEWAY_LIMITS.failedSocketsMax;
    const flood = Array.from({ length: count }, () => new RawSocket(rig.gateway.port, "rubbish"));
    await until(() => flood.filter(({ over }) => over).length > GATEWAY_LIMITS.failedSocketsMax);
    assert.ok(flood.some(({ over }) => !over), "some wait");
    assert.equal((await curl(rig, "/health")).status, 200);
    assert.equal((await curl(rig, "/v1/markets", ...shown(rig.signed.good))).status, 200);
    for (const { socket } of flood) socket.destroy();
  }));

Deno.test("over its own TLS the gateway lets certificates in as their client, and nobody else's", () =>
  withTls(async (rig) => {
    assert.match(rig.gateway.url, /^https:/);
    const { signed } = rig;
    assert.equal((await curl(rig, "/v1/markets", ...shown(signed.good))).status, 200);
    assert.equal((await curl(rig, "/v1/admin/clients", ...shown(signed.good))).status, 200);
    for (const wrong of ["foreign", "over", "server"] as const) {
      const { status, code } = await curl(rig, "/v1/markets", ...shown(signed[wrong]));
      assert.deepEqual([wrong, status, code], [wrong, 403, "CERTIFICATE_REFUSED"]);
    }
    const { code } = await curl(rig, "/v1/markets", ...shown(signed.stranger));
    assert.equal(code, "ROLE_UNBOUND");
    assert.equal((await curl(rig, "/v1/markets")).code, "KEY_MISSING");
    const header = ["-H", 'X-Forwarded-Client-Cert: Subject="CN=algo-7,O=Desk\\, Inc"'];
    assert.equal((await curl(rig, "/v1/markets", ...header)).code, "KEY_MISSING");
    const bearer = ["-H", `Authorization: Bearer ${rig.text}`];
    assert.equal((await curl(rig, "/v1/markets", ...bearer)).status, 200, "a key is enough");
    const byKey = await curl(rig, "/v1/markets", ...bearer, ...shown(signed.foreign));
    assert.equal(byKey.status, 200, "what a key proves needs no certificate");
    const page = await curl(
      rig,
      "/v1/markets",
      ...shown(signed.good),
      "-H",
      "Origin: https://evil",
    );
    assert.equal(page.code, "OTHER_ORIGIN");
    await until(() => rig.journal.some((record) => record["code"] === "CERTIFICATE_REFUSED"));
  }));

Deno.test("the page, its cookie, a stream and MCP go over TLS", () =>
  withTls(async (rig) => {
    const page = await curl(rig, "/sign-in");
    assert.equal(page.status, 200);
    const bearer = ["-H", `Authorization: Bearer ${rig.text}`];
    const { headers } = await curl(rig, "/v1/sign-in", "-X", "POST", ...bearer);
    assert.match(headers, /set-cookie: ssmd_sign_in=.*HttpOnly; SameSite=Strict; Secure/i);

    const stream = await openStream(rig);
    const messages: Record<string, unknown>[] = [];
    stream.on("message", (bytes) => messages.push(JSON.parse(bytes.toString())));
    await until(() => messages.some(({ type }) => type === "subscribed"));
    rig.publish();
    await until(() => messages.some(({ type }) => type === "trade"));
    assert.equal(messages[0]?.["type"], "welcome");
    stream.terminate();

    const { certificatePath, privateKeyPath } = rig.signed.good;
    using http = Deno.createHttpClient({
      caCerts: [rig.caText],
      cert: await Deno.readTextFile(certificatePath),
      key: await Deno.readTextFile(privateKeyPath),
    });
    const client = new Client({ name: "test", version: "1" });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${rig.gateway.url}/mcp`), {
        fetch: (url, init) => fetch(url, { ...init, client: http } as RequestInit),
      }),
    );
    const { tools } = await client.listTools();
    assert.ok(tools.length > 5);
    await client.close();
  }));

Deno.test("Python reads a stream over TLS with a certificate, and not with a foreign one", () =>
  withTls(async (rig) => {
    const script = `
import asyncio, json, ssl, sys, websockets
async def main(url, ca, cert, key):
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(cert, key)
    async with websockets.connect(url, ssl=context) as stream:
        print(json.loads(await stream.recv())["type"])
try:
    asyncio.run(main(*sys.argv[1:]))
except Exception as error:
    print("refused", getattr(getattr(error, "response", None), "status_code", error))
`;
    const read = async ({ certificatePath, privateKeyPath }: CertificateFiles) => {
      const url = `${rig.gateway.url.replace("http", "ws")}/v1/stream`;
      const args = ["-c", script, url, rig.ca, certificatePath, privateKeyPath];
      const { stdout, stderr } = await new Deno.Command("python3", { args }).output();
      return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
    };
    assert.equal(await read(rig.signed.good), "welcome");
    assert.equal(await read(rig.signed.foreign), "refused 403");
  }));

Deno.test("a stream ends when its certificate does, and so do the rights of an open connection", () =>
  withTls(async (rig) => {
    const stream = await openStream(rig);
    let text = "";
    stream.on("message", (bytes) => text += bytes.toString());
    await until(() => text.includes("subscribed"));
    const ended = new Promise<void>((resolve) => stream.on("close", () => resolve()));
    rig.clock.ms += 31 * 86_400_000;
    await rig.refresh();
    await ended;
    assert.match(text, /key_expired/i);
    const { code } = await curl(rig, "/v1/markets", ...shown(rig.signed.good));
    assert.equal(code, "KEY_EXPIRED");
  }));

Deno.test("who speaks no TLS, or nothing, is cut, and the others are served", () =>
  withTls(async (rig) => {
    const { port } = rig.gateway;
    const silent = connect(port, "127.0.0.1");
    silent.on("error", () => {});
    for (
      const bytes of ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "\x16\x03\x01\xff\xff" + "x".repeat(999)]
    ) {
      const socket = connect(port, "127.0.0.1");
      let answer = "";
      socket.on("data", (data) => answer += data.toString("latin1"));
      socket.on("error", () => {});
      const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
      socket.write(bytes);
      await closed;
      assert.ok(!answer.includes("HTTP/1.1"), "nothing is told in the clear");
    }
    assert.ok(await isAnswering({ host: "127.0.0.1", port, isEncrypted: true }, 60_000));
    assert.equal(await isAnswering({ host: "127.0.0.1", port }, 60_000), false);
    silent.destroy();
  }));

/** The name in the certificate that a server shows. */
function nameAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

Deno.test("files that change are used without a restart, broken ones are not", async () => {
  const dir = await Deno.makeTempDir();
  const log: string[] = [];
  const logger = createLogger({ format: "plain", write: (line) => log.push(line) });
  const [cert, key, ca] = [`${dir}/tls.pem`, `${dir}/tls.key`, `${dir}/clients.pem`];
  const use = async (files: CertificateFiles) => {
    await Deno.copyFile(files.certificatePath, cert);
    await Deno.copyFile(files.privateKeyPath, key);
  };
  try {
    const own = await authority(dir);
    const other = await authority(dir, "other");
    const [first, second] = [
      await own.sign({ name: "first", subject: "/CN=first" }),
      await own.sign({ name: "second", subject: "/CN=second" }),
    ];
    const client = await own.sign({ ...CLIENT, name: "client" });
    await use(first);
    await Deno.copyFile(own.ca, ca);
    const spec = { cert, key, client_ca: ca };
    const files = await TlsFiles.open(spec, { logger, reloadEveryMs: 3_600_000 });
    const server = files.serve({}, (_request, response) => void response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    try {
      assert.equal(await nameAt(port), "first");
      await use(second);
      await files.reload();
      assert.equal(await nameAt(port), "second");

      await Deno.copyFile(first.privateKeyPath, key);
      await files.reload();
      await files.reload();
      assert.equal(await nameAt(port), "second", "a key of another certificate");
      assert.equal(log.filter((line) => line.includes("is not the key of cert")).length, 1);
      await Deno.writeTextFile(key, "-----BEGIN PRIVATE" + " KEY-----\nnonsense\n");
      await files.reload();
      assert.ok(!log.join().includes("nonsense"));
      await Deno.remove(cert);
      await files.reload();
      assert.equal(await nameAt(port), "second", "a file that is gone");
      await use(first);
      await files.reload();
      assert.equal(await nameAt(port), "first");
      assert.match(log.join("\n"), /can be used again/);

      const open = connectTls({
        ...{ port, host: "127.0.0.1", rejectUnauthorized: false },
        cert: await Deno.readTextFile(client.certificatePath),
        key: await Deno.readTextFile(client.privateKeyPath),
      });
      open.on("error", () => {});
      await new Promise<void>((resolve) => open.once("secureConnect", () => resolve()));
      open.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      await new Promise<void>((resolve) => open.once("data", () => resolve()));
      const closed = new Promise<void>((resolve) => open.once("close", () => resolve()));
      await Deno.copyFile(other.ca, ca);
      await files.reload();
      await closed;
    } finally {
      files.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    for (const [field, wrong] of [["cert", key], ["key", cert], ["client_ca", key]] as const) {
      await assert.rejects(TlsFiles.open({ ...spec, [field]: wrong }, { logger }), {
        code: "TLS_FILES_UNUSABLE",
      });
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
