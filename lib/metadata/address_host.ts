/** Default ports by URL scheme. */
const PORTS: Readonly<Record<string, number>> = {
  nats: 4222,
  tls: 4222,
  ws: 80,
  http: 80,
  wss: 443,
  https: 443,
  postgres: 5432,
  postgresql: 5432,
  redis: 6379,
  rediss: 6379,
};
const ADDRESS = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/@\s]*@)?([^/?#\s]+)/i;

/** Returns `host:port` of a URL, with its scheme's default port; undefined when it is not a URL. */
export function hostOf(address: string): string | undefined {
  const [, scheme = "", authority] = ADDRESS.exec(address.trim()) ?? [];
  if (authority === undefined) return undefined;
  const port = PORTS[scheme.toLowerCase()];
  return /:\d+$/.test(authority) || port === undefined ? authority : `${authority}:${port}`;
}
