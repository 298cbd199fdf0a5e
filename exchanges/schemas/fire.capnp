@0xb1f3a3c0d1e40006;
# A signal's condition came true. It has no wall clock in it: the same records give the same bytes.
# feed and symbol name the instance that fired; timestampNs, sequence, run and connection are those
# of the cause; receivedAtNs is the moment of the fire in event time.

struct Fire {
  timestampNs @0 :UInt64;
  receivedAtNs @1 :UInt64;
  symbol @2 :Text;
  feed @3 :Text;
  sequence @4 :UInt64;
  id @5 :Text;                  # of signal, version, params, feed, symbol and cause; 32 hex digits
  signal @6 :Text;
  version @7 :UInt32;           # that its author gave it, from 1
  sourceHash @8 :Text;          # SHA-256 of its source text
  paramsHash @9 :Text;          # SHA-256 of its parameters as canonical JSON
  causeSequence @10 :UInt64;    # number of the cause in its connection; 0 = there was none
  causeReceivedAtNs @11 :UInt64;  # when the cause was received; 0 = there was none
  values @12 :Text;             # canonical JSON
  engine @13 :Text;             # version of the engine and of V8
  run @14 :UInt64;              # the life of the cause's connector: its start, microseconds since 1970; 0 = of none
  connection @15 :UInt16;       # number of the cause's connection in the run, from 1; 0 = of none
}
