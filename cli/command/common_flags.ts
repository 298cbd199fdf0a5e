import { dir, text } from "./flag.ts";

/** `--env` of what runs one environment; `demo` needs no account, no server, no internet. */
export const ENVIRONMENT = text("Name of the environment", {
  default: "demo",
  placeholder: "env",
  completes: "environment",
});

/** `--env` where it narrows down; none = all. */
export const ENVIRONMENT_FILTER = text("One environment only", {
  placeholder: "env",
  completes: "environment",
});

/** `--env` of what changes or uses one environment. */
export const ENVIRONMENT_REQUIRED = text("The environment", {
  placeholder: "env",
  completes: "environment",
  required: true,
});

/** `--feed` where it narrows down; none = all. */
export const FEED_FILTER = text("One feed only", { placeholder: "feed", completes: "feed" });

/** `--data`, where an archive is read. */
export const ARCHIVE = dir("Folder of the archive; default: the storage of --env, else ./data");
