import { type Feed, todayUtc, versionOn } from "@ssmd/metadata";

/** Parts of an environment file that hold feed credentials. */
interface SignIn {
  /** Key name → declaration. */
  keys: Record<string, { type: "api_key"; fields: string[]; source: string }>;
  /** Feed → field → reference. */
  credentials: Record<string, Record<string, string>>;
}

/** Declares a key per feed that authenticates today, named like the feed; `sourceOf` gives its source. */
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
