import { RESOURCE_TEMPLATES, RESOURCES } from "./resources.ts";
import type { ToolInfo } from "./tool.ts";
import { TOOLS } from "./tools/index.ts";

/** Returns all tools and resources in listed form. */
export function toolListing(): {
  tools: ToolInfo[];
  resources: { uri: string; description: string }[];
} {
  return {
    tools: [...TOOLS.values()].map(({ info }) => info),
    resources: [
      ...RESOURCES.map(({ uri, description }) => ({ uri, description })),
      ...RESOURCE_TEMPLATES.map(({ uriTemplate, description }) => ({
        uri: uriTemplate,
        description,
      })),
    ],
  };
}
