@0xb1f3a3c0d1e40002;
# Top of book and day figures. A figure that the venue did not give is nan: absent is not 0.

struct Ticker {
  timestampNs @0 :UInt64;
  receivedAtNs @1 :UInt64;
  symbol @2 :Text;
  feed @3 :Text;
  sequence @4 :UInt64;
  bidPrice @5 :Float64 = nan;
  bidSize @6 :Float64 = nan;
  askPrice @7 :Float64 = nan;
  askSize @8 :Float64 = nan;
  lastPrice @9 :Float64 = nan;
  lastSize @10 :Float64 = nan;
  volume24h @11 :Float64 = nan;
  openInterest @12 :Float64 = nan;
  vwap24h @13 :Float64 = nan;             # volume-weighted average price
  trades24h @14 :Int64 = -1;              # number of trades; -1 = not given
  low24h @15 :Float64 = nan;
  high24h @16 :Float64 = nan;
  volumeTotal @17 :Float64 = nan;         # traded since the market opened, contracts
  dollarVolume @18 :Float64 = nan;        # traded since the market opened, dollars
  dollarOpenInterest @19 :Float64 = nan;  # contracts that are held, dollars
  run @20 :UInt64;         # the connector's life: its start, microseconds since 1970; 0 = of none
  connection @21 :UInt16;  # number of the connection in the run, from 1; 0 = of none
}
