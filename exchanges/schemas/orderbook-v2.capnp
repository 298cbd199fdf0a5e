@0xb1f3a3c0d1e40003;
# A whole book (snapshot) or a change of it (delta). In a delta, size is the new absolute size of a
# level and 0 removes it.

enum Kind {
  snapshot @0;
  delta @1;
}

enum Checksum {
  unverified @0;
  verified @1;
  failed @2;
}

struct Level {
  price @0 :Float64;
  size @1 :Float64;
}

struct OrderBook {
  timestampNs @0 :UInt64;
  receivedAtNs @1 :UInt64;
  symbol @2 :Text;
  feed @3 :Text;
  sequence @4 :UInt64;
  kind @5 :Kind;
  bids @6 :List(Level);
  asks @7 :List(Level);
  depth @8 :UInt32;     # levels a side of the subscription, 0 = all
  checksum @9 :Checksum;
  run @10 :UInt64;         # the connector's life: its start, microseconds since 1970; 0 = of none
  connection @11 :UInt16;  # number of the connection in the run, from 1; 0 = of none
}
