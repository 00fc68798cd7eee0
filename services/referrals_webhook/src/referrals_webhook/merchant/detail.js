// One referral: why it stands where it does, how it came there, and the verdict of a review.

import { byId, el, say } from "./dom.js";
import { statusOf } from "./referrals.js";
import * as words from "./words.js";

const TOLD = {
  missing: "There is no such referral any more.",
  changed: "The order changed at the same moment. Read what it says now, then decide.",
  decided: "Somebody decided otherwise before you. Their verdict stays.",
  away: "The service did not answer. Nothing is lost: try again.",
};

/** The dialog. */
export class Detail {
  #dialog = byId("detail");
  #id = null;
  #drawn = "";

  /** `decided` is told of a referral that a verdict changed. */
  constructor(api, { decided, failed }) {
    Object.assign(this, { api, decided, failed });
    byId("detail-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => (this.#id = null));
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close(); // its backdrop
    });
    byId("approve").addEventListener("click", () => this.#decide("APPROVED"));
    byId("deny").addEventListener("click", () => this.#decide("DENIED"));
  }

  /** Opens the dialog with a referral; `button` is busy until it is there. */
  async open(id, button) {
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await this.api.referral(id);
      this.#id = id;
      say(byId("detail-told"), "");
      this.#draw(answer);
      if (!this.#dialog.open) this.#dialog.showModal();
    } catch (error) {
      this.failed(error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** Reads the referral again, if it is the one that is shown. */
  async refresh(id) {
    if (id !== this.#id) return;
    const answer = await this.api.referral(id);
    if (id === this.#id) this.#draw(answer);
  }

  async #decide(verdict) {
    const id = this.#id;
    const buttons = [byId("approve"), byId("deny")];
    for (const button of buttons) button.disabled = true;
    say(byId("detail-told"), "Deciding…");
    try {
      const referral = await this.api.review(id, verdict);
      byId("detail-close").focus();
      say(byId("detail-told"), verdict === "APPROVED" ? "Approved." : "Denied.");
      this.decided(referral);
    } catch (error) {
      say(byId("detail-told"), TOLD[error.kind] ?? `Not decided: ${error.message}.`);
      if (!TOLD[error.kind]) this.failed(error);
    } finally {
      for (const button of buttons) button.disabled = false;
      await this.refresh(id).catch(this.failed);
    }
  }

  #draw(answer) {
    const { referral } = answer;
    byId("detail-verdict").hidden = referral.cause !== "in_review";
    const drawn = JSON.stringify(answer);
    if (drawn === this.#drawn && this.#dialog.open) return;
    this.#drawn = drawn;
    byId("detail-body").replaceChildren(
      statusOf(referral),
      el("p", { class: "summary" }, answer.summary ?? ""),
      facts(answer),
      ...history(answer.history ?? []),
      ...explanation(answer.explanation),
    );
  }
}

function facts({ referral, visits }) {
  const told = {
    Channel: words.channel(referral.channel),
    Advocate: referral.customer_id,
    Friend: referral.referred_customer_id || "–",
    Order: referral.order_id || "–",
    Visits: words.count(visits),
    ...(referral.due_time && { "Completes by itself": words.time(referral.due_time) }),
    Referral: referral.id,
  };
  const pairs = Object.entries(told).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value)),
  );
  return el("dl", {}, ...pairs);
}

function history(changes) {
  const lines = changes.map(({ status, cause, update_time: at }) =>
    el(
      "li",
      {},
      el("b", {}, words.status(status)),
      ` ${words.cause(cause)} `,
      el("time", { datetime: at }, words.time(at)),
    ),
  );
  return lines.length ? [el("h3", {}, "History"), el("ol", { class: "history" }, ...lines)] : [];
}

function explanation(told) {
  if (!told) return [];
  const rules = (told.verdicts ?? []).map(({ rule, verdict }) =>
    el(
      "li",
      { "data-verdict": verdict },
      el("span", {}, words.rule(rule)),
      el("b", {}, words.verdict(verdict)),
    ),
  );
  const signals = (told.signals ?? []).map((signal) => el("li", {}, signalled(signal, told.winner)));
  return [
    ...(rules.length ? [el("h3", {}, "What every rule said"), el("ul", { class: "rules" }, ...rules)] : []),
    ...(signals.length ? [el("h3", {}, "What the order carried"), el("ul", {}, ...signals)] : []),
  ];
}

function signalled(signal, winner) {
  const named = signal.code ? `code ${signal.code}` : `share ${signal.referral_id}`;
  const won = JSON.stringify(signal) === JSON.stringify(winner) ? ": it decided" : "";
  return `${named}, from ${words.source(signal.source)}${won}`;
}
