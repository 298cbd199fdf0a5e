@0xb1f3a3c0d1e40001;
# One trade. Times are nanoseconds since 1970 (UTC); timestampNs is the venue's own, 0 = not given.
# Evolution appends fields only.

enum OrderType {
  unknown @0;
  limit @1;
  market @2;
}

enum Side {
  unknown @0;
  buy @1;
  sell @2;
}

struct Trade {
  timestampNs @0 :UInt64;
  receivedAtNs @1 :UInt64;
  symbol @2 :Text;
  feed @3 :Text;
  sequence @4 :UInt64;
  price @5 :Float64;
  size @6 :Float64;
  side @7 :Side;      # the taker's
  tradeId @8 :Text;
  orderType @9 :OrderType;  # the taker's
  isBlockTrade @10 :Bool;   # negotiated outside of the book; false = no, or not said
  run @11 :UInt64;         # the connector's life: its start, microseconds since 1970; 0 = of none
  connection @12 :UInt16;  # number of the connection in the run, from 1; 0 = of none
}
