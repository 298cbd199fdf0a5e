/** Minimal S3 server that ignores `If-Match` and `If-None-Match`, as Garage does. */
export interface UnconditionalS3 {
  /** `http://127.0.0.1:{port}` */
  endpoint: string;
  /** It looks at none. */
  credentials: { access_key: string; secret_key: string };
  stop(): Promise<void>;
}

const EMPTY_LIST = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>`;
const NO_SUCH_KEY = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>NoSuchKey</Code><Message>there is none</Message></Error>`;

/** Starts a server with objects in memory. */
export function startUnconditionalS3(): UnconditionalS3 {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      switch (request.method) {
        case "PUT":
          objects.set(pathname, await request.bytes());
          return new Response(null, { headers: { etag: `"${objects.size}"` } });
        case "DELETE":
          objects.delete(pathname);
          return new Response(null, { status: 204 });
        default:
          return search.includes("list-type") ? new Response(EMPTY_LIST) : objectAt(pathname);
      }
    },
  );
  const objectAt = (path: string) => {
    const bytes = objects.get(path);
    return bytes === undefined
      ? new Response(NO_SUCH_KEY, { status: 404 })
      : new Response(bytes, { headers: { etag: '"1"' } });
  };
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    credentials: { access_key: "any", secret_key: "any" },
    stop: () => server.shutdown(),
  };
}
