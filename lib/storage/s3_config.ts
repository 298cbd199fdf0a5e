/** Buckets and credentials of an S3 server, with references resolved. */
export interface S3Config {
  type: "s3";
  /** `https://s3.eu-central-1.amazonaws.com`, `http://127.0.0.1:3900`. */
  endpoint: string;
  /** The server's region: `eu-central-1`; Garage's default is `garage`, MinIO's `us-east-1`. */
  region: string;
  /** Buckets of `raw/…` and `normalized/…`; may be the same. */
  buckets: { raw: string; normalized: string };
  /** True: `endpoint/bucket/key`; false: `bucket.endpoint/key`. Default: true except for AWS. */
  pathStyle?: boolean;
  /** `access_key`, `secret_key`, and `session_token` for temporary ones. */
  credentials?: Record<string, string>;
  /** Re-reads credentials that are rotated in place; absent = static. */
  readCredentials?: () => Promise<Record<string, string>>;
}
