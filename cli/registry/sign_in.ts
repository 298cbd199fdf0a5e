import { type Feed, todayUtc, versionOn } from "@ssmd/metadata";

/** The parts of an environment file by which its feeds sign in. */
interface SignIn {
  /** Key name → declaration. */
  keys: Record<string, { type: "api_key"; fields: string[]; source: string }>;
  /** Feed → field → reference. */
  credentials: Record<string, Record<string, string>>;
}

/**
 * A key for each feed that signs in today, named like the feed. `sourceOf` says where its values are.
 */
export function signInOf(feeds: readonly Feed[], sourceOf: (key: string) => string): SignIn {
  const parts: SignIn = { keys: {}, credentials: {} };
  for (const feed of feeds) {
    const { method = "none", fields = [] } = versionOn(feed, todayUtc())?.auth ?? {};
    if (method === "none") continue;
    parts.keys[feed.id] = { type: "api_key", fields, source: sourceOf(feed.id) };
    parts.credentials[feed.id] = Object.fromEntries(
      fields.map((field) => [field, `$key:${feed.id}.${field}`]),
    );
  }
  return parts;
}
