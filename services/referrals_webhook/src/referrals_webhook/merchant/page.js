// The merchant page: who is there, what is asked how often, and what is shown of it.

import { Api } from "./api.js";
import { ConversionChart } from "./conversion.js";
import { Days } from "./days.js";
import { Detail } from "./detail.js";
import { byId, say } from "./dom.js";
import { FunnelTable } from "./funnel.js";
import * as notice from "./notice.js";
import { Poll } from "./poll.js";
import { ReferralTable } from "./referrals.js";
import { follow, session } from "./session.js";
import * as words from "./words.js";

const LATEST = 20; // referrals
const STATUSES = { first: 2_000, most: 15_000 }; // ms between two looks
const FIGURES = { first: 5_000, most: 60_000 };
const FINAL = new Set(["unknown caller", "forbidden"]); // waiting does not help

class Page {
  #seen = "";
  #new = 0;
  #waiting = 0;

  constructor(api) {
    this.api = api;
    const open = (id, button) => this.detail.open(id, button);
    this.charts = [new ConversionChart(), new FunnelTable(), new Days()];
    this.latest = new ReferralTable("latest", {
      empty: "No referrals yet. Each share of an advocate’s link opens one, which appears here.",
      act: "Details",
      open,
    });
    this.review = new ReferralTable("review", {
      empty: "Nothing waits for you. What looks suspicious comes here, if your program has a review.",
      act: "Review",
      open,
    });
    this.detail = new Detail(api, {
      decided: (referral) => this.#changed(referral) && this.figures.now(),
      failed: (error) => this.#failed(error),
    });
    const failed = (error) => this.#failed(error);
    this.figures = new Poll(() => this.#lookAtFigures(), { ...FIGURES, failed });
    this.statuses = new Poll(() => this.#lookAtStatuses(), { ...STATUSES, failed });
    byId("message-again").addEventListener("click", () => this.again());
  }

  async again() {
    await Promise.all([this.figures.now(), this.statuses.now()]);
  }

  async #lookAtFigures() {
    const answers = await Promise.all([
      this.api.funnel(),
      this.api.latest(LATEST),
      this.api.inReview(),
    ]);
    const seen = JSON.stringify(answers);
    const changed = seen !== this.#seen;
    this.#seen = seen;
    if (changed) this.#show(...answers);
    this.#answered();
    return changed;
  }

  #show(funnel, latest, inReview) {
    const whole = { channels: [], ...funnel };
    for (const chart of this.charts) chart.show(whole);
    say(byId("conversion-lead"), lead(whole));
    for (const referral of [...latest, ...inReview]) this.#changed(referral);
    this.#new = this.latest.take(latest);
    this.#waiting = this.review.take(inReview);
    if (byId("content").hidden) this.#showRows();
  }

  async #lookAtStatuses() {
    const moving = new Set([...this.latest.moving(), ...this.review.moving()]);
    const standings = await Promise.all([...moving].map((id) => this.#standing(id)));
    const changed = standings.filter((standing) => standing && this.#changed(standing));
    if (moving.size) this.#answered();
    if (changed.length) this.figures.now();
    return changed.length > 0;
  }

  async #standing(id) {
    try {
      return { id, ...(await this.api.status(id)) };
    } catch (error) {
      if (error.kind === "missing") return null; // kept no longer, and off the list when it is shown anew
      throw error;
    }
  }

  /** Shows how a referral stands now; returns whether that is news. */
  #changed(standing) {
    const tables = [this.latest, this.review];
    const news = tables.map((table) => table.update(standing.id, standing)).find(Boolean);
    if (!news) return false;
    const channel = words.channel(news.channel);
    const told = `${words.status(news.status)}, ${words.cause(news.cause)}`;
    notice.tell(`Referral by ${channel}, ${words.time(news.create_time)}: ${told}.`);
    this.detail.refresh(news.id).catch((error) => this.#failed(error));
    return true;
  }

  #answered() {
    notice.content();
    const counts = [
      [this.#new, this.#new === 1 ? "new referral" : "new referrals"],
      [this.#waiting, "more to review"],
    ];
    const told = counts.filter(([many]) => many).map(([many, of]) => `${words.count(many)} ${of}`);
    if (told.length) notice.bar(told.join(", "), "Show", () => this.#showRows());
    else notice.hideBar();
  }

  #showRows() {
    this.#new = this.#waiting = 0;
    this.latest.show();
    this.review.show();
    notice.hideBar();
  }

  #failed(error) {
    const message = notice.message(error);
    if (FINAL.has(error.kind) || byId("content").hidden) notice.instead(message);
    else notice.bar(`${message.title}. What you see may be old.`, "Try now", () => this.again());
    if (!FINAL.has(error.kind)) return;
    this.figures.stop();
    this.statuses.stop();
  }
}

function lead({ first_day: first, last_day: last, channels }) {
  const total = (count) => channels.reduce((sum, { total }) => sum + Number(count(total) ?? 0), 0);
  const shares = total(({ shares }) => shares);
  if (!shares) return "Nothing was shared yet. Figures appear as soon as an advocate shares a link.";
  const completed = total(({ shared }) => shared?.completed);
  const of = `${words.count(completed)} of ${words.count(shares)} shares completed`;
  return `${of} from ${words.day(first)} to ${words.day(last)}`;
}

const who = session();
follow();
if (who) {
  say(byId("merchant"), who.merchantId);
  new Page(new Api(who)).again();
} else notice.instead(notice.message({ kind: "no session" }));
