import { z } from "zod";

const PROGRAMS = ["connector", "archiver", "gateway", "signals", "agents", "worker"] as const;
const quantity = z.string().regex(/^\d+(\.\d+)?(m|[KMGT]i?)?$/);
const labels = z.record(z.string(), z.string());
const port = z.int().min(1).max(65_535);
const workload = z.strictObject({ cpu: quantity, memory: quantity });

/** Output of `ssmd env render`: the values that an environment file determines. */
const RENDERED_VALUES = z.strictObject({
  environment: z.string().describe("Name of the environment"),
  oneProcess: z.boolean().describe(
    "Whether everything runs in one process, because its bus is in memory",
  ),
  serves: z.strictObject({
    port,
    auth: z.enum(["open", "required"]),
    clients: z.enum(["disk", "database"])
      .describe("Where clients and keys are kept: a gateway's own disk, or a shared database"),
    oidc: z.strictObject({ issuer: z.string(), jwksUrl: z.string(), audience: z.string() })
      .exactOptional().describe("Issuer of the tokens that it accepts; absent = none"),
  }).describe("Address for clients"),
  shards: z.record(
    z.string(),
    z.strictObject({
      feeds: z.record(z.string(), z.array(z.string())).describe("Feed → its symbols"),
      replicas: z.int().min(1).describe("Connectors per feed, of which one publishes"),
      resources: workload.partial(),
    }),
  ).describe("Shard → its connectors and archiver"),
  signals: z.boolean().describe("Whether signals run"),
  agents: z.boolean().describe("Whether agents and policies run"),
  secrets: z.array(z.string()).describe("Kubernetes secrets with its keys and certificates"),
  hosts: z.array(z.strictObject({
    host: z.string(),
    port,
    for: z.array(z.enum(PROGRAMS)),
    external: z.boolean().describe("Whether the server is outside the cluster"),
  })).describe("Hosts that its processes may connect to"),
  registry: z.record(z.string(), z.string()).describe("Files of the registry, unchanged"),
});

/** Rendered values of an environment. */
export type RenderedValues = z.output<typeof RENDERED_VALUES>;

/** Values set per cluster; defaults are in the chart's values.yaml. */
const CLUSTER_VALUES = z.strictObject({
  image: z.strictObject({
    repository: z.string(),
    tag: z.string(),
    pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]),
  }),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })),
  resources: z.strictObject(
    Object.fromEntries([...PROGRAMS, "up"].map((program) => [program, workload])),
  ),
  disk: z.strictObject({ size: quantity, storageClass: z.string() }),
  gateway: z.strictObject({
    replicas: z.int().min(1),
    service: z.strictObject({
      type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]),
      annotations: labels,
    }),
    autoscaling: z.strictObject({
      enabled: z.boolean(),
      minReplicas: z.int().min(1),
      maxReplicas: z.int().min(1),
      clients: z.int().min(1).describe("Clients per gateway before another one is started"),
    }),
  }),
  networkPolicy: z.strictObject({
    enabled: z.boolean(),
    metricsFrom: labels,
    clientsFrom: labels,
  }),
  traces: z.strictObject({
    endpoint: z.string().regex(/^(https?:\/\/[^/]+:[0-9]+)?$/)
      .describe("Receiver of OTLP over HTTP, with its port; empty = no traces"),
  }),
  monitoring: z.strictObject({ enabled: z.boolean(), labels, interval: z.string() }),
  istio: z.strictObject({
    enabled: z.boolean(),
    clients: z.array(z.string()),
    tokens: z.boolean().describe("Whether the mesh refuses tokens that its issuer did not sign"),
    rateLimit: z.strictObject({
      requestsPerSecond: z.int().min(0).describe("Per gateway; 0 = unlimited"),
      burst: z.int().min(1).describe("Requests that may come at once"),
    }),
  }),
  global: z.looseObject({}).exactOptional(),
});

/** Text of `values.schema.json`, with which Helm validates the values. */
export function valuesSchemaText(): string {
  const all = z.strictObject({ ...RENDERED_VALUES.shape, ...CLUSTER_VALUES.shape });
  // Helm's validator supports draft 7.
  const schema = z.toJSONSchema(all, { target: "draft-7" });
  return `${JSON.stringify({ title: "Values of the chart ssmd", ...schema }, null, 2)}\n`;
}
