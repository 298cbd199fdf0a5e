import assert from "node:assert/strict";
import { type Normalizer, translatorOf, type Venue } from "@ssmd/exchanges";
import { planConnections } from "./connection.ts";
import { fakeVenue } from "./testing/fake_venue.ts";

const SYMBOLS = [{ symbol: "A", external: "A" }];

/** A venue with two formats, of which the later one is spoken today. */
function venueOfTwo(): { venue: Venue; created: string[] } {
  const created: string[] = [];
  const [format] = fakeVenue().normalizers;
  const versionOf = (id: string, from: string) => ({
    ...{ id, from },
    create: (options: Parameters<NonNullable<typeof format>["create"]>[0]): Normalizer => {
      created.push(id);
      return (format as NonNullable<typeof format>).create(options);
    },
  });
  const normalizers = [versionOf("fake-1", "2020-01-01"), versionOf("fake-2", "2021-01-01")];
  return { venue: fakeVenue({ normalizers }), created };
}

function planned(venue: Venue, normalizer: string | undefined) {
  const [connection] = planConnections({
    ...{ run: "m1", env: "test", feed: "fake", venue, endpoint: "ws://127.0.0.1:1/" },
    ...{ version: "0.1.0", commit: "test", normalizer },
  }, SYMBOLS);
  assert.ok(connection);
  return connection;
}

Deno.test("the parser of a feed chooses the live wire format, and raw says so where the day does not", () => {
  const { venue, created } = venueOfTwo();
  const { normalizerId, capture } = planned(venue, "fake-1");
  assert.deepEqual([normalizerId, capture.normalizer, created], ["fake-1", "fake-1", ["fake-1"]]);
  translatorOf(capture, { day: "2026-08-01", venues: { fake: venue } });
  assert.deepEqual(created, ["fake-1", "fake-1"]);
});

Deno.test("a feed whose parser is that of the day, or none, says nothing in raw", () => {
  for (const normalizer of ["fake-2", undefined]) {
    const { normalizerId, capture } = planned(venueOfTwo().venue, normalizer);
    assert.deepEqual([normalizerId, capture.normalizer], ["fake-2", undefined]);
  }
});
