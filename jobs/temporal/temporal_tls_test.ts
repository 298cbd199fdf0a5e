import assert from "node:assert/strict";
import { silentLogger, SsmdError } from "@ssmd/runtime";
import { authority } from "../../tests/servers/certificates.ts";
import {
  startTemporalServer,
  temporalServerAvailable,
} from "../../tests/servers/temporal_server.ts";
import { tlsProxy } from "../../tests/servers/tls_proxy.ts";
import { RUNNER_CASES, type RunnerBench } from "../testing/runner_cases.ts";
import { plainQueue } from "../testing/temporal_environment.ts";
import { TemporalBoard } from "./temporal_board.ts";
import { TemporalWorker } from "./temporal_jobs.ts";
import type { TemporalQueue } from "./temporal_queue.ts";

const REAL_SERVER = {
  ignore: !temporalServerAvailable(),
  ...{ sanitizeOps: false, sanitizeResources: false },
};
const NAME = "temporal.test";
const CASE =
  "what cannot be mended by waiting fails at once, and is retried at its first step that is not done";

/** A library of Node takes no address that is a number for a name. */
const OF_NAME = { extensions: `subjectAltName=DNS:${NAME}` };

async function refusal(queue: TemporalQueue): Promise<SsmdError> {
  const error = await TemporalBoard.connect(queue).then(
    (board) => board[Symbol.dispose](),
    (cause) => cause,
  );
  assert.ok(error instanceof SsmdError, "it was let in");
  return error;
}

Deno.test(
  "jobs run on a server behind mutual TLS, and who cannot show a certificate is refused",
  REAL_SERVER,
  async () => {
    const dir = await Deno.makeTempDir();
    const { ca, sign } = await authority(dir);
    const client = await sign({
      name: "client",
      subject: "/CN=worker",
      extensions: "basicConstraints=CA:FALSE",
    });
    await using server = await startTemporalServer();
    await using proxy = await tlsProxy({
      ...{ target: server.address, clientCa: ca },
      ...await sign(OF_NAME),
    });
    const clear = plainQueue("tls", proxy.address);
    const tls = {
      ...{ ca, server_name: NAME },
      ...{ cert: client.certificatePath, key: client.privateKeyPath },
    };
    const queue = { ...clear, tls };
    {
      using board = await TemporalBoard.connect(queue);
      const bench: RunnerBench = {
        board,
        start: (workflow, events = []) =>
          TemporalWorker.start({
            ...{ queue, workflows: [workflow], logger: silentLogger, onEnd: () => {} },
            record: (event) => Promise.resolve(void events.push(event)),
            retryFirstMs: 1,
          }),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
      await RUNNER_CASES[CASE]?.(bench);
    }
    const other = await authority(dir, "other");
    for (
      const wrong of [clear, { ...clear, tls: { ca, server_name: NAME } }, {
        ...clear,
        tls: { ...tls, ca: other.ca },
      }]
    ) {
      assert.equal((await refusal(wrong)).code, "TEMPORAL_UNREACHABLE");
    }
    const absent = await refusal({ ...clear, tls: { ca: `${dir}/absent.pem` } });
    assert.equal(absent.code, "TLS_FILES_UNUSABLE");
    await Deno.remove(dir, { recursive: true });
  },
);

Deno.test("an API key is shown to the server by commands and workers", REAL_SERVER, async () => {
  const dir = await Deno.makeTempDir();
  const { ca, sign } = await authority(dir);
  const { certificatePath, privateKeyPath } = await sign(OF_NAME);
  const shown: (string | null)[] = [];
  await using server = Deno.serve({
    ...{ hostname: "127.0.0.1", port: 0, onListen: () => {} },
    cert: await Deno.readTextFile(certificatePath),
    key: await Deno.readTextFile(privateKeyPath),
  }, ({ headers }) => {
    shown.push(headers.get("authorization"));
    // Nobody is let in: 16 = UNAUTHENTICATED.
    return new Response(null, {
      headers: { "content-type": "application/grpc", "grpc-status": "16" },
    });
  });
  const queue: TemporalQueue = {
    ...{ ...plainQueue("tls", `127.0.0.1:${server.addr.port}`), tls: { ca, server_name: NAME } },
    readCredentials: () => Promise.resolve({ api_key: "secret" }),
  };
  assert.equal((await refusal(queue)).code, "TEMPORAL_UNREACHABLE");
  assert.deepEqual([...new Set(shown.splice(0))], ["Bearer secret"]);
  const worker = { workflows: [], logger: silentLogger, onEnd: () => {}, queue };
  await assert.rejects(
    TemporalWorker.start({ ...worker, record: () => Promise.resolve() }),
  );
  assert.deepEqual([...new Set(shown)], ["Bearer secret"]);
  await Deno.remove(dir, { recursive: true });
});
