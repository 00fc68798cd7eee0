// The service's codes in words, and numbers and times as the reader's language writes them.

/** The statuses by their numbers. */
export const STATUSES = [
  "REFERRAL_STATUS_UNSPECIFIED",
  "REFERRAL_STATUS_PENDING",
  "REFERRAL_STATUS_QUALIFIED",
  "REFERRAL_STATUS_COMPLETED",
  "REFERRAL_STATUS_EXPIRED",
  "REFERRAL_STATUS_REJECTED",
  "REFERRAL_STATUS_REVERSED",
];

/** The channels that a link can be shared by. */
export const CHANNELS = {
  CHANNEL_SMS: "SMS",
  CHANNEL_EMAIL: "Email",
  CHANNEL_WHATSAPP: "WhatsApp",
  CHANNEL_SOCIAL: "Social",
  CHANNEL_COPY: "Copied link",
  CHANNEL_QR: "QR code",
};

const CAUSES = {
  link_shared: "waits for an order",
  order_placed: "waits for an order",
  in_review: "waits for review",
  awaits_payment: "waits for payment",
  on_hold: "on hold",
  no_order: "no order in time",
  order_created: "order placed",
  order_paid: "order paid",
  self_referral: "referred themselves",
  friend_not_new: "friend is no new customer",
  friend_unknown: "no customer on the order",
  friend_already_referred: "friend referred before",
  advocate_unknown: "advocate unknown",
  outside_window: "ordered too late",
  below_minimum: "below minimum order",
  test_order: "test order",
  merchant_inactive: "program inactive",
  velocity_cap: "too many in a day",
  link_revoked: "link revoked",
  review_denied: "denied in review",
  order_cancelled: "order cancelled",
  order_refunded: "order refunded",
};

const RULES = {
  order_is_not_a_test: "Not a test order",
  friend_is_named: "The order names a customer",
  advocate_is_not_the_friend: "Advocate and friend differ",
  link_was_active: "The link was in use",
  order_is_within_the_window: "Ordered in time",
  order_reaches_the_minimum: "Reaches the minimum order",
  program_is_active: "The program is active",
  friend_is_not_referred_yet: "Friend not referred before",
  merchant_is_valid: "The merchant is active",
  advocate_is_known: "The advocate is a customer",
  friend_is_new: "The friend is a new customer",
  advocate_is_below_the_cap: "Advocate within the daily cap",
  address_is_not_shared: "No other friend at this address",
  review_did_not_deny: "Not denied in review",
};

const VERDICTS = {
  VERDICT_PASSED: "passed",
  VERDICT_REFUSED: "refused",
  VERDICT_MARKED: "suspicious",
  VERDICT_NOT_ASKED: "not asked",
};

const SOURCES = {
  SIGNAL_SOURCE_NOTE_ATTRIBUTES: "the cart",
  SIGNAL_SOURCE_DISCOUNT_CODES: "a discount code",
  SIGNAL_SOURCE_LANDING_SITE: "the first page seen",
  SIGNAL_SOURCE_LANDING_SITE_REF: "Shopify’s reference",
  SIGNAL_SOURCE_REFERRING_SITE: "the page before",
};

// What is newer than this page is shown by its own code.
const plain = (code, prefix = "") =>
  (code ?? "").replace(prefix, "").replaceAll("_", " ").toLowerCase() || "not known";
const first = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const channel = (code) => CHANNELS[code] ?? first(plain(code, "CHANNEL_"));
export const status = (code) => first(plain(code, "REFERRAL_STATUS_"));
export const cause = (code) => CAUSES[code] ?? plain(code);
export const rule = (code) => RULES[code] ?? first(plain(code));
export const verdict = (code) => VERDICTS[code] ?? plain(code, "VERDICT_");
export const source = (code) => SOURCES[code] ?? plain(code, "SIGNAL_SOURCE_");

const counts = new Intl.NumberFormat();
const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});

/** Writes a count, which JSON carries as a text, or leaves out where it is none. */
export const count = (value) => counts.format(Number(value ?? 0));
export const percent = (rate) => percents.format(rate ?? 0);
export const time = (text) => times.format(new Date(text));
export const day = (text) => days.format(new Date(`${text}T00:00Z`));
