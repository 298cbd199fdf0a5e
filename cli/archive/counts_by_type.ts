import { z } from "zod";

/** Number of records by type. */
export const COUNTS_BY_TYPE = z.object({
  trade: z.int(),
  ticker: z.int(),
  orderbook: z.int(),
  status: z.int(),
  gap: z.int(),
  fire: z.int(),
  action: z.int(),
});
