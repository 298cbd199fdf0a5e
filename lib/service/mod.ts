/** What the processes of all services begin with. @module */
export { openService, serveService, serviceFlags } from "./open_service.ts";
