import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { SsmdError } from "@ssmd/runtime";
import { TEST_MIGRATIONS } from "../../tests/contract/database.ts";
import { authority } from "../../tests/servers/certificates.ts";
import {
  type PostgresServer,
  postgresServerAvailable,
  startPostgresServer,
} from "../../tests/servers/postgres_server.ts";
import { postgresDatabase } from "./postgres.ts";
import type { PostgresTls } from "./postgres_tls.ts";

const ignore = !postgresServerAvailable();
const CLIENT = { subject: "/CN=ssmd", extensions: "basicConstraints=CA:FALSE" };

/** Files of a server that asks each client for a certificate, and of clients. */
async function makeFiles(dir: string) {
  const own = await authority(dir);
  const other = await authority(dir, "other");
  const client = await own.sign({ name: "client", ...CLIENT });
  const foreign = await other.sign({ name: "foreign", ...CLIENT });
  const names = { extensions: "subjectAltName=IP:127.0.0.1,DNS:db.lan" };
  return {
    ...{ own, ca: own.ca, otherCa: other.ca, server: await own.sign(names) },
    client: { cert: client.certificatePath, key: client.privateKeyPath },
    foreign: { cert: foreign.certificatePath, key: foreign.privateKeyPath },
  };
}

async function askForCertificates(server: PostgresServer): Promise<void> {
  await server.configureAccess(`hostssl all ${server.user} 127.0.0.1/32 cert\n`);
  await server.kill();
  await server.start();
}

function open({ url, user }: PostgresServer, tls?: PostgresTls, address = url) {
  return postgresDatabase({
    ...{ url: address, schema: "tls", credentials: { user }, migrations: TEST_MIGRATIONS },
    ...{ connectionsMax: 2, ...(tls === undefined ? {} : { tls }) },
  });
}

/** The refusal as users read it; fails when the connection is made. */
async function refusal(opening: ReturnType<typeof open>): Promise<string> {
  const error: SsmdError = await opening.then(
    async (database) => {
      await database.close();
      return assert.fail("it was let in");
    },
    (cause) => cause,
  );
  return `${error.code}: ${error.message} / ${error.hint}`;
}

Deno.test({
  name: "postgres: a client certificate is shown, and both sides refuse whom they do not trust",
  ignore,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const { ca, otherCa, server: files, client, foreign } = await makeFiles(dir);
    await using server = await startPostgresServer([], { ...files, clientCa: ca });
    await askForCertificates(server);
    const good = { ca, ...client };
    const named = server.url.replace("127.0.0.1", "localhost");
    const database = await open(server, good);
    const [row] = await database.transaction(
      "read",
      ({ all }) => all("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"),
    );
    assert.equal(row?.["client_dn"], "/CN=ssmd");
    await database.close();
    await (await open(server, { ...good, server_name: "db.lan" }, named)).close();

    const cases: [PostgresTls | undefined, string, RegExp][] = [
      [{ ...good, ca: otherCa }, server.url, /not trusted: .* \/ gateway\.clients\.tls\.ca names/],
      [client, server.url, /not trusted: .*absent = the system's/],
      [good, named, /another host: .*localhost.* \/ .*tls\.server_name/],
      [{ ...good, server_name: "other.lan" }, server.url, /another host: .*other\.lan/],
      [{ ca }, server.url, /refuses .*valid client certificate \/ .*tls\.cert and key name/],
      [{ ca, ...foreign }, server.url, /does not trust our certificate: .* \/ .*ssl_ca_file/],
      [undefined, server.url, /refuses this connection: no pg_hba\.conf entry/],
    ];
    for (const [tls, address, expected] of cases) {
      assert.match(await refusal(open(server, tls, address)), /^DATABASE_REFUSED: postgres:/);
      assert.match(await refusal(open(server, tls, address)), expected);
    }
    await Deno.writeTextFile(`${dir}/none.pem`, "no certificate");
    for (
      const [tls, expected] of [
        [{ ...good, ca: `${dir}/absent.pem` }, /tls\.ca cannot be used/],
        [{ ...good, ca: `${dir}/none.pem` }, /tls\.ca cannot be used: no certificate/],
        [{ ...good, cert: `${dir}/none.pem` }, /tls\.cert cannot be used: no certificate/],
        [{ ...good, key: `${dir}/none.pem` }, /tls\.key cannot be used: it is no private key/],
        [{ ...good, key: foreign.key }, /tls\.key cannot be used: it is not the key of cert/],
      ] as const
    ) {
      const said = await refusal(open(server, tls));
      assert.match(said, /^TLS_FILES_UNUSABLE: /);
      assert.match(said, expected);
    }
    await Deno.remove(dir, { recursive: true });
  },
});

Deno.test({
  name: "postgres: verify-full checks the address, also a number; a renewed certificate is used",
  ignore,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const { own, ca, server: files, client } = await makeFiles(dir);
    const local = await own.sign({ name: "local", extensions: "subjectAltName=DNS:localhost" });
    {
      await using server = await startPostgresServer([], { ...local, clientCa: ca });
      const said = await refusal(open(server, { ca }));
      assert.match(said, /another host: .*127\.0\.0\.1/);
      const system = await refusal(open(server, undefined, `${server.url}?sslmode=verify-full`));
      assert.match(system, /not trusted/);
      await (await open(server, undefined, `${server.url}?sslmode=require`)).close();
    }
    await using server = await startPostgresServer([], { ...files, clientCa: ca });
    await askForCertificates(server);
    const database = await open(server, { ca, ...client });
    await Deno.remove(client.cert);
    await server.kill();
    await server.start();
    const select = () => database.transaction("read", ({ all }) => all("SELECT 1 AS one"));
    const until = async (code: string) => {
      for (let found = "-"; found !== code; await delay(20)) {
        found = await select().then(() => "", (error) => String(error.code));
      }
    };
    await until("TLS_FILES_UNUSABLE");
    // The kept connections opened none meanwhile: the files are read for each.
    await own.sign({ name: "client", ...CLIENT });
    await until("");
    await database.close();
    await Deno.remove(dir, { recursive: true });
  },
});
