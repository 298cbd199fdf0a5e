import { storageContract } from "../../tests/contract/storage.ts";
import { s3ServerAvailable, startS3Server } from "../../tests/servers/s3_server.ts";
import { s3Storage } from "./s3.ts";

const ignore = !s3ServerAvailable();

storageContract("s3", async () => {
  const server = await startS3Server({ buckets: ["all"] });
  const { endpoint, region, credentials } = server;
  const buckets = { raw: "all", normalized: "all" };
  return {
    storage: s3Storage({ type: "s3", endpoint, region, buckets, credentials }),
    remove: () => server.stop(),
  };
}, { ignore });
