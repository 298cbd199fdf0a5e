@0xb1f3a3c0d1e40004;
# A step in a market's life; symbol _all stands for the venue.

enum State {
  unknown @0;
  open @1;
  closed @2;
  halted @3;
  settled @4;
  listed @5;
  delisted @6;
}

struct Status {
  timestampNs @0 :UInt64;
  receivedAtNs @1 :UInt64;
  symbol @2 :Text;
  feed @3 :Text;
  sequence @4 :UInt64;
  state @5 :State;
  result @6 :Text;      # how it was settled; empty = not settled or not said
  detail @7 :Text;      # the venue's own word
}
