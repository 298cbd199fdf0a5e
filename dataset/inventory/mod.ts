/** What an archive holds. @module */
export { envOf } from "./archived_env.ts";
