import { z } from "zod";

/** Day and source of a shown file. */
export const AS_SHOWN = {
  as_of: z.iso.date().describe("The day that counts for dated versions"),
  origin: z.strictObject({
    commit: z.string().exactOptional().describe("Absent = the file as it lies in the folder"),
    time: z.string().exactOptional().describe("ISO time of the commit"),
    note: z.string().exactOptional().describe("A sentence where it is not what one would think"),
  }).describe("Where the file was read"),
};
