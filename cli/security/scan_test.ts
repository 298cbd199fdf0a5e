import assert from "node:assert/strict";
import { loadEnvironment } from "@ssmd/metadata";
import { DAY_MS } from "@ssmd/runtime";
import { authority } from "../../tests/servers/certificates.ts";
import { scan, type ScanTarget } from "./scan.ts";

const REGISTRY = new URL("../../exchanges", import.meta.url).pathname;
const NOW_MS = Date.parse("2026-08-01");

async function withTarget(body: (target: ScanTarget, dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/environments`);
    const environment = await loadEnvironment(REGISTRY, "kalshi");
    const rotations = Object.fromEntries(
      Object.keys(environment.keys).map((key) => [key, new Date(NOW_MS).toISOString()]),
    );
    const accounts = { revision: 1, clients: [], keys: [], entitlements: [], blocks: [] };
    const target = { environment, rotations, accounts, registryDir: dir, nowMs: NOW_MS };
    await body(
      { ...target, privateFiles: [`${dir}/private`], software: undefined, running: [] },
      dir,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function found(target: ScanTarget): Promise<string[]> {
  return (await scan(target)).map(({ check, found, todo }) => `${check}: ${found}; ${todo}`);
}

Deno.test("a safe environment has no finding; each check finds what it is for", () =>
  withTarget(async (target, dir) => {
    await Deno.writeTextFile(`${dir}/private`, "", { mode: 0o600 });
    assert.deepEqual(await found(target), []);

    await Deno.chmod(`${dir}/private`, 0o640);
    assert.deepEqual(await found(target), [
      `file-modes: ${dir}/private is open to other users; chmod 600 ${dir}/private`,
    ]);
    await Deno.chmod(`${dir}/private`, 0o600);

    const key = {
      ...{ id: "k1", client: "desk", label: "", hash: "", createdAtMs: NOW_MS - 366 * DAY_MS },
      ...{ expiresAtMs: null, revokedAtMs: null, replacedBy: null, lastUsedAtMs: null },
    };
    const old = { ...target, accounts: { ...target.accounts, keys: [key] } };
    assert.match((await found(old)).join(), /^key-age: Key k1 of desk never ends/);
    const young = [{ ...key, createdAtMs: NOW_MS - 364 * DAY_MS }, { ...key, revokedAtMs: 1 }];
    assert.deepEqual(
      await found({ ...target, accounts: { ...target.accounts, keys: young } }),
      [],
    );

    const { environment } = target;
    const { kalshi } = environment.keys;
    assert.ok(kalshi);
    const limited = { ...environment, keys: { kalshi: { ...kalshi, rotation_days: 30 } } };
    assert.deepEqual(await found({ ...target, environment: limited }), []);
    const later = { ...target, environment: limited, nowMs: NOW_MS + 31 * DAY_MS };
    assert.match((await found(later)).join(), /^key-age: Key kalshi is older than it may be/);
    const unknown = { ...target, environment: limited, rotations: {} };
    assert.match((await found(unknown)).join(), /^key-age: Key kalshi is of unknown age/);

    const gateway = { ...environment.gateway, host: "0.0.0.0", open_to_network: true };
    const open = { ...environment, gateway: { ...gateway, auth: "open" as const } };
    assert.match((await found({ ...target, environment: open })).join(), /^open-gateway: /);
    const asks = { ...environment, gateway: { ...gateway, auth: "required" as const } };
    assert.deepEqual(await found({ ...target, environment: asks }), []);

    const here = { ...environment.gateway, auth: "open" as const };
    const started = { ...target, environment: { ...environment, gateway: here } };
    assert.deepEqual(await found({ ...started, running: ["http://127.0.0.1:1"] }), []);
    for (const url of ["http://0.0.0.0:8080", "https://[::]:8080"]) {
      assert.match((await found({ ...started, running: [url] })).join(), /^open-gateway: /);
    }

    const software = { denoJson: "{}", lock: undefined };
    const names = (await scan({ ...target, software })).map(({ check }) => check);
    assert.deepEqual(new Set(names), new Set(["permission-sets", "packages"]));

    const { certificatePath: cert, privateKeyPath: tlsKey } = await (await authority(dir)).sign();
    const tls = {
      ...environment,
      keys: {},
      gateway: { ...environment.gateway, tls: { cert, key: tlsKey } },
    };
    const today = { ...target, environment: tls, nowMs: Date.now(), rotations: {} };
    assert.deepEqual(await found(today), []);
    const soon = { ...today, nowMs: Date.now() + 20 * DAY_MS };
    assert.match((await found(soon)).join(), /^certificates: .*server\.pem: CN=server ends at /);
    const url = "postgres://db.example/clients";
    const clients = { type: "postgres", url, tls: { cert, key: tlsKey } } as const;
    const shared = { ...tls, gateway: { ...environment.gateway, clients } };
    assert.deepEqual(await found({ ...today, environment: shared }), []);
    const shown = await found({ ...soon, environment: shared });
    assert.match(shown.join(), /^certificates: .*server\.pem: CN=server ends at /);
    const bad = `${dir}/bad.pem`;
    for (
      const [text, reason] of [
        ["", "no certificate (PEM) is in it"],
        [
          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
          "it is no certificate (PEM)",
        ],
      ] as const
    ) {
      await Deno.writeTextFile(bad, text);
      const broken = { ...tls, gateway: { ...tls.gateway, tls: { cert: bad, key: tlsKey } } };
      const [finding] = await found({ ...today, environment: broken });
      assert.ok(finding?.startsWith(`certificates: ${bad}: ${reason}; `), String(finding));
    }

    for (
      const secret of [
        "-----BEGIN EC PRIVATE" + " KEY-----",
        `ssmd_${"a".repeat(10)}_${"B".repeat(43)}`,
        `AKIA${"Z".repeat(16)}`,
      ]
    ) {
      await Deno.writeTextFile(`${dir}/environments/a.yaml`, `name: a # ${secret}\n`);
      assert.match((await found(target)).join(), /^registry-secrets: .*a\.yaml holds an? /, secret);
    }
  }));
