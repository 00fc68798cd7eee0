// What the page asks of the service, through the gateway that it came from: JSON, but for the
// status that is asked time and again, which goes by gRPC-Web.

import { referralStatus } from "./grpc_web.js";
import { STATUSES } from "./words.js";

const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const ABORTED = 10;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

const KINDS = {
  [INVALID_ARGUMENT]: "refused", // of a merchant's id that is none, too
  [DEADLINE_EXCEEDED]: "away",
  [NOT_FOUND]: "missing",
  [PERMISSION_DENIED]: "forbidden",
  [RESOURCE_EXHAUSTED]: "away",
  [FAILED_PRECONDITION]: "decided",
  [ABORTED]: "changed",
  [UNAVAILABLE]: "away",
  [UNAUTHENTICATED]: "unknown caller",
};

const MOST_PAGES = 5; // of 200; whoever has more on hold reviews the older ones once these are done
const WITHIN_MS = 12_000; // longer than the gateway takes to say that it took too long

/** An answer that is none; `kind` tells what can be done about it. */
export class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.kind = KINDS[code] ?? "refused";
  }
}

/** What may be asked in the name of a caller. */
export class Api {
  constructor(session) {
    this.session = session;
  }

  funnel() {
    return this.#ask("GetFunnel", {});
  }

  async latest(pageSize) {
    return (await this.#ask("ListReferrals", { page_size: pageSize })).referrals ?? [];
  }

  /** Returns what waits for review among the latest that are qualified. */
  async inReview() {
    const found = [];
    let token = "";
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await this.#ask("ListReferrals", {
        status: "REFERRAL_STATUS_QUALIFIED",
        page_size: 200,
        page_token: token,
      });
      found.push(...(answer.referrals ?? []).filter(({ cause }) => cause === "in_review"));
      token = answer.next_page_token;
      if (!token) break;
    }
    return found;
  }

  referral(id) {
    return this.#ask("GetReferral", { referral_id: id });
  }

  /** Gives a verdict. The same may be given again: what a double click sends changes nothing. */
  async review(id, verdict) {
    const answer = await this.#ask("ReviewReferral", {
      referral_id: id,
      verdict: `REVIEW_VERDICT_${verdict}`,
    });
    return answer.referral;
  }

  /** Returns where a referral stands, in the form of a referral. */
  async status(id) {
    const failure = (code, message) => new Failure(code, message);
    const found = await reached(() => referralStatus(this.session, id, failure));
    return {
      status: STATUSES[found.status],
      version: String(found.version),
      cause: found.cause,
      update_time: new Date(found.updateTime).toISOString(),
    };
  }

  async #ask(method, fields) {
    const { token, merchantId } = this.session;
    const response = await reached(() =>
      fetch(`/referrals.v1.ReferralsService/${method}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ merchant_id: merchantId, ...fields }),
        cache: "no-store",
        signal: AbortSignal.timeout(WITHIN_MS),
      }),
    );
    const answer = await response.json().catch(() => ({ code: UNAVAILABLE, message: "" }));
    if (response.ok && !answer.code) return answer;
    throw new Failure(answer.code ?? UNAVAILABLE, answer.message ?? "");
  }
}

// A connection that failed says nothing of the request.
async function reached(call) {
  try {
    return await call();
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(UNAVAILABLE, error.message);
  }
}
