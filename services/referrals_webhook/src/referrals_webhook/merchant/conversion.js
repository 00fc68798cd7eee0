// Conversion by channel: a table that is its own chart, with an interval drawn in each row.

import { byId, el, say, set, svg } from "./dom.js";
import { CHANNELS, count, percent } from "./words.js";

const EXPECTED = { CHANNEL_SMS: 0.07 }; // of SMS shares convert, as the trade has it
const SCALES = [0.1, 0.2, 0.3, 0.5, 1];

/** The chart, whose rows are always the same. */
export class ConversionChart {
  #rows = new Map();
  #scale = 0;

  constructor() {
    const body = byId("conversion").tBodies[0];
    for (const [channel, name] of Object.entries(CHANNELS)) {
      const row = new Row(name, EXPECTED[channel]);
      this.#rows.set(channel, row);
      body.append(row.node);
    }
  }

  /** Shows what the funnel says. */
  show(funnel) {
    const rates = new Map(funnel.channels.map((one) => [one.channel, one.conversion]));
    const highest = Math.max(...funnel.channels.map((one) => one.conversion?.upper ?? 0));
    const scale = SCALES.find((one) => highest <= one) ?? 1;
    for (const [channel, row] of this.#rows) row.show(rates.get(channel), scale);
    if (scale === this.#scale) return;
    this.#scale = scale;
    const ticks = [0, scale / 2, scale].map((rate) => el("span", {}, percent(rate)));
    byId("axis").replaceChildren(...ticks);
  }
}

class Row {
  #rate = el("td", { class: "number rate" });
  #shares = el("td", { class: "number" });
  #line = svg("line", { class: "interval", y1: "50%", y2: "50%" });
  #dot = svg("circle", { class: "dot", cy: "50%", r: 6 });
  #mark = svg("line", { class: "mark", y1: "0", y2: "100%" });

  constructor(name, expected) {
    this.expected = expected;
    const grid = [0.5, 1].map((at) => svg("line", { class: "grid", y1: "0", y2: "100%", ...x(at) }));
    const axis = svg("line", { class: "grid", y1: "0", y2: "100%", ...x(0) });
    const marks = expected ? [this.#mark] : [];
    const plot = svg("svg", { class: "plot", "aria-hidden": "true" });
    plot.append(axis, ...grid, ...marks, this.#line, this.#dot);
    this.node = el(
      "tr",
      { class: expected ? "expected" : "" },
      el("th", { scope: "row" }, name),
      el("td", { class: "plot" }, plot),
      this.#rate,
      this.#shares,
    );
  }

  show(conversion, scale) {
    const { rate = 0, lower = 0, upper = 0, completed = 0, shares = 0 } = conversion ?? {};
    for (const node of [this.#line, this.#dot])
      set(node, { visibility: conversion ? "visible" : "hidden" });
    set(this.#line, { x1: at(lower / scale), x2: at(upper / scale) });
    set(this.#dot, { cx: at(rate / scale) });
    set(this.#mark, x(this.expected / scale || 0));
    say(this.#shares, conversion ? `${count(completed)} of ${count(shares)}` : "no shares");
    const told = conversion
      ? [
          el("strong", {}, percent(rate)),
          el("small", {}, `${percent(lower)} to ${percent(upper)}`),
          ...(this.expected ? [el("small", {}, compared(lower, upper, this.expected))] : []),
        ]
      : [el("strong", {}, "–")];
    const text = told.map((node) => node.textContent).join("");
    if (this.#rate.textContent !== text) this.#rate.replaceChildren(...told);
  }
}

function compared(lower, upper, expected) {
  const mark = percent(expected);
  if (lower > expected) return `above ${mark}`;
  if (upper < expected) return `below ${mark}`;
  return `${mark} is possible`;
}

// A dot at the edge is drawn whole.
function at(share) {
  return `${(2 + 96 * share).toFixed(2)}%`;
}

function x(share) {
  return { x1: at(share), x2: at(share) };
}
