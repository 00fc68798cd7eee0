// Lists of referrals. Rows never move by themselves: what stands in one changes in its place, and
// what is new waits until it is called for.

import { byId, el, say, set } from "./dom.js";
import * as words from "./words.js";

const COLUMNS = ["Opened", "Channel", "Advocate", "Order", "Status", ""];
const MOST_ASKED = 20; // at a look, whatever waits for review
const MOVES_ON = new Set(["REFERRAL_STATUS_PENDING", "REFERRAL_STATUS_QUALIFIED"]);

/** A table of referrals. */
export class ReferralTable {
  #rows = new Map();
  #body;
  #newest = [];

  /** `id` is the table's; `empty` is said while it has no rows; `act` names what `open` does. */
  constructor(id, { empty, act, open }) {
    Object.assign(this, { id, empty, act, open });
    const table = byId(id);
    this.#body = table.tBodies[0];
    const heads = COLUMNS.map((name) => el("th", { scope: "col" }, name || unseen(act)));
    table.tHead.append(el("tr", {}, ...heads));
  }

  /** Takes the referrals that there are now; returns how many of them have no row yet. */
  take(referrals) {
    this.#newest = referrals;
    return referrals.filter(({ id }) => !this.#rows.has(id)).length;
  }

  /** Shows all that was taken, and nothing else. */
  show() {
    const rows = this.#newest.map((referral) => [
      referral.id,
      this.#rows.get(referral.id) ?? new Row(referral, this.act, this.open),
    ]);
    this.#rows = new Map(rows);
    this.#body.replaceChildren(...rows.map(([, row]) => row.node));
    say(byId(`${this.id}-empty`), rows.length ? "" : this.empty);
    byId(this.id).hidden = !rows.length;
  }

  /** Shows how a referral stands now, unless something newer is shown; returns it if it changed. */
  update(id, standing) {
    return this.#rows.get(id)?.update(standing);
  }

  /** Returns whom to ask about: those that wait for something, and first who left the list. */
  moving() {
    const listed = new Set(this.#newest.map(({ id }) => id));
    const moving = [...this.#rows].filter(([, row]) => row.moves).map(([id]) => id);
    return moving.sort((one, other) => listed.has(one) - listed.has(other)).slice(0, MOST_ASKED);
  }
}

class Row {
  #status = statusOf({});
  #order = el("td", { "data-name": "Order" });

  constructor(referral, act, open) {
    this.referral = referral;
    const opened = words.time(referral.create_time);
    const channel = words.channel(referral.channel);
    const button = el("button", { type: "button", class: "quiet" }, act);
    button.append(unseen(` of the referral by ${channel}, ${opened}`));
    button.addEventListener("click", () => open(referral.id, button));
    this.node = el(
      "tr",
      { "data-id": referral.id },
      el("td", { "data-name": "Opened" }, el("time", { datetime: referral.create_time }, opened)),
      el("td", { "data-name": "Channel" }, channel),
      el("td", { "data-name": "Advocate" }, referral.customer_id),
      this.#order,
      el("td", { "data-name": "Status" }, this.#status),
      el("td", {}, button),
    );
    this.#draw();
  }

  get moves() {
    return MOVES_ON.has(this.referral.status);
  }

  update(standing) {
    const newer = Number(standing.version) - Number(this.referral.version);
    if (newer < 0 || (!newer && (this.referral.order_id || !standing.order_id))) return null;
    this.referral = { ...this.referral, ...standing };
    this.#draw();
    return newer ? this.referral : null;
  }

  #draw() {
    say(this.#order, this.referral.order_id || "–");
    tell(this.#status, this.referral);
  }
}

/** Makes what shows a status, in a colour and in words. */
export function statusOf(referral) {
  return tell(el("p", { class: "status" }, el("b"), el("small")), referral);
}

function tell(node, { status, cause }) {
  set(node, { "data-status": status ?? "" });
  say(node.firstChild, words.status(status));
  say(node.lastChild, words.cause(cause));
  return node;
}

function unseen(text) {
  return el("span", { class: "unseen" }, text);
}
