import { cutCommand } from "../client/cut_off.ts";

export default cutCommand("unblock");
