/** Buckets of an S3 server, and who asks; with values in place of references. */
export interface S3Config {
  type: "s3";
  /** `https://s3.eu-central-1.amazonaws.com`, `http://127.0.0.1:3900`. */
  endpoint: string;
  /** As the server is set up: `eu-central-1`; Garage's default is `garage`, MinIO's `us-east-1`. */
  region: string;
  /** For `raw/…` and `normalized/…`; one name for both puts them into one bucket. */
  buckets: { raw: string; normalized: string };
  /** True: `endpoint/bucket/key`; false: `bucket.endpoint/key`. Default: true but for AWS. */
  pathStyle?: boolean;
  /** `access_key`, `secret_key`, and `session_token` of temporary ones. */
  credentials?: Record<string, string>;
  /** Reads them from where they are now, as they are rotated in place; absent = they stay. */
  readCredentials?: () => Promise<Record<string, string>>;
}
