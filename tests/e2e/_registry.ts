const REGISTRY = new URL("../../exchanges/", import.meta.url);

/** A feed of an environment of a test. */
export interface TestFeed {
  /** Ours → the venue's. */
  symbols: Record<string, string>;
  /** Where its venue is; absent = simulated, or played from a capture. */
  endpoint?: string;
}

/** What an environment of a test is made of. */
export interface TestEnvironment {
  name: string;
  feeds: Record<string, TestFeed>;
  /** Address of a nats-server; absent = memory. */
  natsUrl?: string;
  /** A bucket for all files; absent = the folder `data`. Its keys come from variables. */
  s3?: { endpoint: string; bucket: string };
  /** Events a second of the simulators that `up` starts itself. */
  simulatedRate?: number;
}

/**
 * Writes a registry with one environment below `folder`; `up` finds it when it is started there.
 * Kalshi's keys come from the variables of {@linkcode kalshiKeys}.
 */
export async function writeRegistry(folder: string, environment: TestEnvironment): Promise<void> {
  await Deno.mkdir(`${folder}/exchanges/environments`, { recursive: true });
  for (const kind of ["instruments", "policies", "qa", "schemas"]) {
    await Deno.mkdir(`${folder}/exchanges/${kind}`);
  }
  for (const kind of ["feeds", "calendars"]) {
    await Deno.mkdir(`${folder}/exchanges/${kind}`);
    for (const { name } of Deno.readDirSync(new URL(`${kind}/`, REGISTRY))) {
      await Deno.copyFile(
        new URL(`${kind}/${name}`, REGISTRY),
        `${folder}/exchanges/${kind}/${name}`,
      );
    }
  }
  // JSON is YAML.
  const text = JSON.stringify(fileOf(environment), null, 2);
  await Deno.writeTextFile(`${folder}/exchanges/environments/${environment.name}.yaml`, text);
}

function storageOf({ s3 }: TestEnvironment) {
  if (s3 === undefined) return { type: "local", path: "./data" };
  return {
    ...{ type: "s3", endpoint: s3.endpoint, region: "us-east-1" },
    buckets: { raw: s3.bucket, normalized: s3.bucket },
    credentials: { access_key: "$key:archive.access_key", secret_key: "$key:archive.secret_key" },
  };
}

const ARCHIVE_KEY = { type: "storage", fields: ["access_key", "secret_key"], source: "env" };
const KALSHI_KEY = { type: "api_key", fields: ["key_id", "private_key"], source: "env" };

function fileOf(environment: TestEnvironment) {
  const { name, feeds, natsUrl, simulatedRate, s3 } = environment;
  const withKalshi = "kalshi" in feeds && simulatedRate === undefined;
  const entries = Object.entries(feeds);
  const endpoints = entries.filter(([, { endpoint }]) => endpoint !== undefined);
  return {
    name,
    feeds: Object.keys(feeds),
    schema: "v1",
    symbols: Object.fromEntries(
      entries.flatMap(([feed, { symbols }]) =>
        Object.entries(symbols).map(([symbol, external]) => [symbol, { feed, external }])
      ),
    ),
    transport: natsUrl === undefined ? { type: "memory" } : { type: "nats", url: natsUrl },
    storage: storageOf(environment),
    keys: {
      ...(s3 === undefined ? {} : { archive: ARCHIVE_KEY }),
      ...(withKalshi ? { kalshi: KALSHI_KEY } : {}),
    },
    ...(simulatedRate === undefined ? {} : { simulator: { seed: 7, rate: simulatedRate } }),
    ...(endpoints.length === 0 ? {} : {
      endpoints: Object.fromEntries(endpoints.map(([feed, { endpoint }]) => [feed, endpoint])),
    }),
    ...(withKalshi
      ? {
        credentials: {
          kalshi: { key_id: "$key:kalshi.key_id", private_key: "$key:kalshi.private_key" },
        },
      }
      : {}),
  };
}

/** The variables in which `up` finds Kalshi's key. */
export function kalshiKeys(keyId: string, privateKeyPem: string): Record<string, string> {
  return { SSMD_KEY_KALSHI_KEY_ID: keyId, SSMD_KEY_KALSHI_PRIVATE_KEY: privateKeyPem };
}
