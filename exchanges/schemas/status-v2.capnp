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
  disputed @7;
  amended @8;
}

enum Kind {
  lifecycle @0;    # a step in the market's life
  terms @1;        # a date or the price grid changed; the state did not
  notice @2;       # announced; the state did not change
  maintenance @3;
  emergency @4;
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
  kind @8 :Kind;
  settlementValue @9 :Float64 = nan;  # paid for one contract, dollars
  openAtNs @10 :UInt64;               # when the market opens; 0 = not said
  closeAtNs @11 :UInt64;              # when trading ends; 0 = not said
  priceLevelStructure @12 :Text;      # name of the price grid; empty = not said
  run @13 :UInt64;         # the connector's life: its start, microseconds since 1970; 0 = of none
  connection @14 :UInt16;  # number of the connection in the run, from 1; 0 = of none
}
