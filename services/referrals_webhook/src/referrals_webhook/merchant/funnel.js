// The funnel: how far shares came, by channel, and what came without one.

import { byId, el, say } from "./dom.js";
import { CHANNELS, count } from "./words.js";

const COLUMNS = ["Shares", "Visits", "Orders", "Qualified", "Completed", "Reversed"];
const STEPS = ["orders", "qualified", "completed", "reversed"];
const UNKNOWN = "CHANNEL_UNSPECIFIED";

/** The rows of a funnel: each channel's shares, what is direct of all channels, and all of it. */
export const ROWS = { ...CHANNELS, direct: "Direct", all: "All" };

/** Returns the figures of a row in the order of the columns, from counts by channel. */
export function figures(row, counts) {
  if (row === "all") return added(Object.keys(ROWS).slice(0, -1).map((one) => figures(one, counts)));
  if (row === "direct") {
    const visits = Number(counts.get(UNKNOWN)?.visits ?? 0);
    const steps = added([...counts.values()].map(({ direct }) => stepsOf(direct)));
    return [0, visits, ...steps];
  }
  const { shares, visits, shared } = counts.get(row) ?? {};
  return [Number(shares ?? 0), Number(visits ?? 0), ...stepsOf(shared)];
}

/** A table of figures whose rows are known in advance. */
export class FunnelTable {
  #cells = new Map();

  constructor() {
    const table = byId("funnel");
    table.tHead.append(head("Channel"));
    for (const [row, name] of Object.entries(ROWS)) {
      const cells = COLUMNS.map(() => el("td"));
      this.#cells.set(row, cells);
      const named = el("th", { scope: "row" }, name);
      table.tBodies[0].append(el("tr", { class: row === "all" ? "all" : "" }, named, ...cells));
    }
  }

  /** Shows what the funnel says. */
  show(funnel) {
    const counts = new Map(funnel.channels.map((one) => [one.channel, one.total]));
    for (const [row, cells] of this.#cells)
      figures(row, counts).forEach((figure, column) => say(cells[column], written(row, column, figure)));
  }
}

/** Returns the heading of a table of figures. */
export function head(what) {
  const names = [what, ...COLUMNS].map((name) => el("th", { scope: "col" }, name));
  return el("tr", {}, ...names);
}

/** Writes a figure. What is direct has no shares. */
export function written(row, column, figure) {
  return row === "direct" && column === 0 ? "–" : count(figure);
}

function stepsOf(steps) {
  return STEPS.map((step) => Number(steps?.[step] ?? 0));
}

function added(rows) {
  const width = Math.max(0, ...rows.map((row) => row.length)) || STEPS.length;
  return Array.from({ length: width }, (_, column) =>
    rows.reduce((sum, row) => sum + row[column], 0),
  );
}
