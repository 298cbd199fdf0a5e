import assert from "node:assert/strict";
import { ClientOrders } from "./client_orders.ts";

function orderAt(price: number, size: number, ahead: number) {
  return { buys: true, price, left: size, ahead };
}

Deno.test("a resting order is filled after what came before it, and before what came later", () => {
  const clients = new ClientOrders();
  const first = orderAt(100, 5, 10);
  const second = orderAt(100, 3, 14);
  const elsewhere = orderAt(99, 5, 0);
  for (const order of [first, second, elsewhere]) clients.add(order);
  const sizes = () => [first.left, first.ahead, second.left, second.ahead];
  clients.traded("bids", { price: 100, size: 9, id: 1 });
  assert.deepEqual(sizes(), [5, 1, 3, 5]);
  clients.traded("bids", { price: 100, size: 4, id: 2 });
  assert.deepEqual(sizes(), [2, 0, 3, 4]);
  clients.traded("bids", { price: 100, size: 8, id: 3 });
  assert.deepEqual(sizes(), [0, 0, 1, 0]);
  assert.deepEqual(
    clients.fills.map(({ order, size, tradeId }) => [order, size, tradeId]),
    [[first, 3, 2], [first, 2, 3], [second, 2, 3]],
  );
  assert.equal(clients.sizeAt("bids", 100), 1);
  assert.equal(clients.sizeAt("asks", 100), 0);
  assert.equal(elsewhere.left, 5);
});

Deno.test("a cancel of the model moves an order up only when nobody behind it is left", () => {
  const clients = new ClientOrders();
  const order = orderAt(100, 5, 10);
  clients.add(order);
  clients.canceled("bids", 100, 12);
  assert.equal(order.ahead, 10);
  clients.canceled("bids", 100, 4);
  assert.equal(order.ahead, 4);
});
