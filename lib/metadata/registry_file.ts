/** Kind of a registry file. */
export type RegistryKind =
  | "calendar"
  | "environment"
  | "feed"
  | "instrument"
  | "policy"
  | "qa"
  | "rbac"
  | "schema"
  | "schema text";

/** Kind and name of a registry file. */
export interface RegistryFileId {
  /** Kind of the file. */
  kind: RegistryKind;
  /** File name without extension. */
  name: string;
}

const KINDS: Readonly<Record<string, RegistryKind>> = {
  "calendars yaml": "calendar",
  "feeds yaml": "feed",
  "environments yaml": "environment",
  "schemas yaml": "schema",
  "schemas capnp": "schema text",
  "qa yaml": "qa",
  "rbac yaml": "rbac",
  "instruments yaml": "instrument",
  "policies yaml": "policy",
};

/** Folders of the registry. */
export const REGISTRY_FOLDERS: readonly string[] = [
  "calendars",
  "environments",
  "feeds",
  "instruments",
  "policies",
  "qa",
  "rbac",
  "schemas",
];

const REGISTRY_FILE = new RegExp(
  `(?:^|[/\\\\])(${REGISTRY_FOLDERS.join("|")})[/\\\\]([^/\\\\]+)\\.(yaml|capnp)$`,
);

/** Returns kind and name of a path; undefined = not a registry file. */
export function registryFileIdOf(path: string): RegistryFileId | undefined {
  const match = REGISTRY_FILE.exec(path);
  const kind = match && KINDS[`${match[1]} ${match[3]}`];
  return kind && match?.[2] !== undefined ? { kind, name: match[2] } : undefined;
}

/** Returns a file's path within a registry folder. */
export function registryPathOf({ kind, name }: RegistryFileId): string {
  const [key = ""] = Object.entries(KINDS).find(([, each]) => each === kind) ?? [];
  const [folder, ending] = key.split(" ");
  return `${folder}/${name}.${ending}`;
}
