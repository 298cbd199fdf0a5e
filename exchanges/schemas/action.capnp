@0xb1f3a3c0d1e40007;
# What a policy did about a fire, once it is over. symbol, feed, timestampNs, sequence, run and
# connection are those of the fire; receivedAtNs is the moment at which the action was over.

struct Action {
  timestampNs @0 :UInt64;
  receivedAtNs @1 :UInt64;
  symbol @2 :Text;
  feed @3 :Text;
  sequence @4 :UInt64;
  id @5 :Text;              # of policy and fire: receivers tell repetitions by it
  fireId @6 :Text;
  firedAtNs @7 :UInt64;     # the fire's receivedAtNs
  signal @8 :Text;
  policy @9 :Text;
  action @10 :Text;         # its name in the policy; none = nothing was to be done
  kind @11 :Text;           # alert, log, webhook, trade_signal
  detail @12 :Text;         # what the policy says of it, JSON
  state @13 :Text;          # done, none, failed, rejected, expired, late, limited
  chosenBy @14 :Text;       # model, or default = the policy without a model's answer
  model @15 :Text;          # a scripted one says so
  reason @16 :Text;         # words of the model, which nobody vouches for
  problem @17 :Text;        # why it was not done
  decidedBy @18 :Text;      # who approved or rejected it
  values @19 :Text;         # what the fire said, JSON
  run @20 :UInt64;          # the life of the connector of the fire's cause; 0 = of none
  connection @21 :UInt16;   # number of its connection in the run, from 1; 0 = of none
}
