@0xb1f3a3c0d1e40005;
# Something is missing or suspect from fromNs on, until toNs (0 = still open); symbol _all stands for
# the whole feed. Recovery is a second record with recovered and toNs.

enum Reason {
  disconnect @0;
  sequence @1;
  checksum @2;
  slow @3;
  parse @4;
  clock @5;
}

struct Gap {
  timestampNs @0 :UInt64;
  receivedAtNs @1 :UInt64;
  symbol @2 :Text;
  feed @3 :Text;
  sequence @4 :UInt64;
  reason @5 :Reason;
  fromNs @6 :UInt64;
  toNs @7 :UInt64;
  missed @8 :Int64 = -1;    # messages known to be missing; -1 = unknown
  recovered @9 :Bool;
  detail @10 :Text;
}
