// The funnel day by day, of one channel or all: shares and what of them completed as columns, and
// every figure in a table.

import { byId, el, svg } from "./dom.js";
import { ROWS, figures, head, written } from "./funnel.js";
import { day as named } from "./words.js";

const DAY_MS = 864e5;
const SHARES = 0;
const COMPLETED = 4;

/** The figures by day. */
export class Days {
  #funnel = null;
  #shown = "";

  constructor() {
    byId("days").tHead.append(head("Day"));
    const select = byId("days-channel");
    const [direct, all] = ["direct", "all"].map((row) => el("option", { value: row }, ROWS[row]));
    const channels = Object.entries(ROWS).slice(0, -2);
    select.append(all, ...channels.map(([row, name]) => el("option", { value: row }, name)), direct);
    select.addEventListener("change", () => this.#draw());
  }

  /** Shows what the funnel says. */
  show(funnel) {
    this.#funnel = funnel;
    this.#draw();
  }

  #draw() {
    const row = byId("days-channel").value;
    const days = byDay(this.#funnel, row);
    const shown = JSON.stringify([row, [...days]]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    byId("days").tBodies[0].replaceChildren(...[...days].reverse().map((one) => line(row, one)));
    byId("days-plot").replaceChildren(plot([...days.values()]));
  }
}

/** Returns the figures of every day, the first one first. */
function byDay({ first_day, last_day, channels }, row) {
  const days = new Map();
  for (let at = Date.parse(first_day); at <= Date.parse(last_day); at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    const counts = channels.map(({ channel, days = [] }) => [
      channel,
      days.find((one) => one.day === day)?.counts ?? {},
    ]);
    days.set(day, figures(row, new Map(counts)));
  }
  return days;
}

function line(row, [day, figures]) {
  const cells = figures.map((figure, column) => el("td", {}, written(row, column, figure)));
  const quiet = figures.some(Boolean) ? "" : "quiet";
  const name = el("time", { datetime: day }, named(day));
  return el("tr", { class: quiet }, el("th", { scope: "row" }, name), ...cells);
}

function plot(days) {
  const most = Math.max(1, ...days.map((day) => Math.max(day[SHARES], day[COMPLETED])));
  const step = 100 / days.length;
  const columns = days.flatMap((day, number) =>
    [SHARES, COMPLETED].map((column) => {
      const height = (100 * day[column]) / most;
      return svg("rect", {
        class: column === SHARES ? "shares" : "completed",
        x: `${number * step + step * 0.15}%`,
        width: `${step * 0.7}%`,
        y: `${100 - height}%`,
        height: `${height}%`,
      });
    }),
  );
  return svg("svg", {}, ...columns);
}
