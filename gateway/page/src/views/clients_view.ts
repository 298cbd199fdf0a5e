import { add, byId, setText } from "../dom.ts";
import { count, dayTime, durationText } from "../format.ts";
import type { Rest } from "../net/rest.ts";
import type { ConnectionInfo, EndedConnectionInfo } from "../../../protocol/connection.ts";
import { fillOf } from "../state/buffer_fill.ts";
import { ClientRow } from "./client_row.ts";
import { confirmAction } from "./confirm.ts";

const HISTORY_EVERY_S = 5;
const HISTORY_SHOWN = 50;
/** Maximum number of clients shown, fullest buffers first. */
const CLIENTS_SHOWN = 100;

/** Connected clients with their buffers, for administrators. */
export class ClientsView {
  #rest: Rest;
  #ownId: () => number;
  #rows = new Map<number, ClientRow>();
  #seconds = 0;

  constructor(rest: Rest, ownId: () => number) {
    this.#rest = rest;
    this.#ownId = ownId;
    byId("slow-only").addEventListener("change", () => this.open());
  }

  /** Whether this caller may see clients; undefined while the gateway does not answer. */
  async isAllowed(): Promise<boolean | undefined> {
    const answer = await this.#rest.get("/v1/admin/clients?slow=true");
    return answer.ok ? true : answer.status === 0 ? undefined : false;
  }

  /** Called when the view is shown. */
  open(): void {
    this.#seconds = 0;
    void this.tick();
  }

  /** Reloads the clients; called once a second while the view is visible. */
  async tick(): Promise<void> {
    const slow = byId<HTMLInputElement>("slow-only").checked;
    const answer = await this.#rest.get(`/v1/admin/clients?slow=${slow}`);
    const problem = byId("clients-problem");
    problem.hidden = answer.ok || answer.status === 0;
    if (!answer.ok) return setText(problem, answer.detail);
    this.#show(answer.body["clients"] as ConnectionInfo[]);
    if (this.#seconds++ % HISTORY_EVERY_S === 0) await this.#readHistory();
  }

  #show(clients: ConnectionInfo[]): void {
    const own = this.#ownId();
    const urgency = (client: ConnectionInfo) =>
      fillOf(client) + (client.state === "healthy" ? 0 : 1) + (client.dropped > 0 ? 0.5 : 0);
    const shown = [...clients].sort((a, b) => urgency(b) - urgency(a) || a.id - b.id)
      .slice(0, CLIENTS_SHOWN);
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, { root }] of this.#rows) {
      if (ids.has(id)) continue;
      root.remove();
      this.#rows.delete(id);
    }
    const list = byId("client-list");
    shown.forEach((client, at) => {
      const row = this.#rows.get(client.id) ?? this.#make(client);
      row.show(client, client.id === own);
      // Moving an element loses its focus, so only misplaced ones are moved.
      const there = list.children[at];
      if (there !== undefined && there !== row.root) list.insertBefore(row.root, there);
    });
    const rest = clients.length - shown.length;
    const more = rest > 0 ? `, ${count(rest)} more not shown` : "";
    setText(byId("client-count"), `${count(clients.length)} connected${more}`);
    byId("clients-empty").hidden = clients.length > 0;
  }

  #make(client: ConnectionInfo): ClientRow {
    const row = new ClientRow(
      byId("client-list"),
      client.id,
      () => void this.#disconnect(client.id),
    );
    this.#rows.set(client.id, row);
    return row;
  }

  async #disconnect(id: number): Promise<void> {
    const own = id === this.#ownId() ? " It is this page, which will connect again." : "";
    const isSure = await confirmAction(
      `Disconnect client #${id}?`,
      `Its connection ends now; it is told so, and may connect again.${own}`,
      "Disconnect",
    );
    if (!isSure) return;
    const answer = await this.#rest.post(`/v1/admin/clients/${id}/disconnect`);
    const problem = byId("clients-problem");
    problem.hidden = answer.ok;
    if (!answer.ok) setText(problem, answer.detail);
    this.open();
  }

  async #readHistory(): Promise<void> {
    const answer = await this.#rest.get(`/v1/admin/clients/history?limit=${HISTORY_SHOWN}`);
    if (!answer.ok) return;
    const gone = answer.body["clients"] as EndedConnectionInfo[];
    const rows = gone.map((client) => {
      const row = document.createElement("tr");
      const values = [
        dayTime(client.until),
        `#${client.id}${client.client === "" ? "" : ` ${client.client}`}`,
        client.address,
        client.reason.replaceAll("_", " "),
        durationText(Math.max(0, client.until - client.since)),
        count(client.sent),
        count(client.dropped),
      ];
      for (const value of values) add(row, "td", { text: value });
      return row;
    });
    byId("gone-rows").replaceChildren(...rows);
    byId("gone").hidden = rows.length === 0;
  }
}
