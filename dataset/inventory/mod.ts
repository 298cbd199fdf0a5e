/** Contents of an archive. @module */
export { envOf } from "./archived_env.ts";
export { GAP, gapView, joinedGaps } from "./gap_view.ts";
