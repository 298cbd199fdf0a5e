@0xb1f3a3c0d1e400f1;
struct Trade {
  symbol @0 :Text;
  price @1 :Float64;
  size @2 :Float64;
}
