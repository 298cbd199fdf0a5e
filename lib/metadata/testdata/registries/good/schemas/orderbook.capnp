@0xb1f3a3c0d1e400f2;
struct OrderBook {
  symbol @0 :Text;
  bids @1 :List(Float64);
}
