const FEEDS = new URL("../../exchanges/feeds/", import.meta.url);

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
  /** Events a second of the simulators that `up` starts itself. */
  simulatedRate?: number;
}

/**
 * Writes a registry with one environment below `folder`; `up` finds it when it is started there.
 * Kalshi's keys come from the variables of {@linkcode kalshiKeys}.
 */
export async function writeRegistry(folder: string, environment: TestEnvironment): Promise<void> {
  await Deno.mkdir(`${folder}/exchanges/environments`, { recursive: true });
  await Deno.mkdir(`${folder}/exchanges/feeds`);
  for (const { name } of Deno.readDirSync(FEEDS)) {
    await Deno.copyFile(new URL(name, FEEDS), `${folder}/exchanges/feeds/${name}`);
  }
  // JSON is YAML.
  const text = JSON.stringify(fileOf(environment), null, 2);
  await Deno.writeTextFile(`${folder}/exchanges/environments/${environment.name}.yaml`, text);
}

function fileOf({ name, feeds, natsUrl, simulatedRate }: TestEnvironment) {
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
    storage: { type: "local", path: "./data" },
    ...(simulatedRate === undefined ? {} : { simulator: { seed: 7, rate: simulatedRate } }),
    ...(endpoints.length === 0 ? {} : {
      endpoints: Object.fromEntries(endpoints.map(([feed, { endpoint }]) => [feed, endpoint])),
    }),
    ...("kalshi" in feeds && simulatedRate === undefined
      ? {
        keys: { kalshi: { type: "api_key", fields: ["key_id", "private_key"], source: "env" } },
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
