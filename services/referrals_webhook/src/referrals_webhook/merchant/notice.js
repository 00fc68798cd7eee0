// What the page says of itself: in place of its content, in a bar over it, and to whoever listens
// rather than looks.

import { byId, say } from "./dom.js";

const MESSAGES = {
  "no session": {
    title: "Open this page from your shop",
    text: "Your access comes with the link by which you open this page, and lasts as long as its tab.",
    hint: "Go back to your shop’s administration and open “Referrals” there. In the sandbox, open the address that it prints.",
  },
  "unknown caller": {
    title: "Your access is not valid any more",
    text: "The service does not accept the access that this page was opened with.",
    hint: "Open the page again from your shop’s administration: that gives it a new one.",
  },
  forbidden: {
    title: "You may not see these referrals",
    text: "Your access is valid, but not for this merchant; or the merchant is not active.",
    hint: "Ask the owner of the shop for access, then try again.",
    again: true,
  },
  away: {
    title: "The service cannot be reached",
    text: "Nothing is lost. The page tries again by itself, less often the longer it takes.",
    hint: "If it lasts, check your connection.",
    again: true,
  },
  missing: {
    title: "That referral is not kept any more",
    text: "Its time was over, or somebody in it asked to be forgotten.",
    hint: "Load the page again to see what there is.",
    again: true,
  },
  refused: {
    title: "The service refused to answer",
    text: "This should not happen.",
    hint: "Try again; if it happens again, tell your support what it says here.",
    again: true,
  },
};

/** The words of a failure; what was not foreseen is told as it came. */
export function message({ kind, message: detail }) {
  const known = MESSAGES[kind] ?? MESSAGES.refused;
  return known === MESSAGES.refused ? { ...known, text: `${known.text} It said: ${detail}.` } : known;
}

/** Shows a message in place of the content. */
export function instead({ title, text, hint, again = false }) {
  byId("content").hidden = true;
  byId("message").hidden = false;
  say(byId("message-title"), title);
  say(byId("message-text"), text);
  say(byId("message-hint"), hint);
  byId("message-again").hidden = !again;
  hideBar();
  tell(`${title}. ${text} ${hint}`);
}

/** Shows the content. */
export function content() {
  if (!byId("content").hidden) return;
  byId("message").hidden = true;
  byId("content").hidden = false;
  tell("");
}

/** Shows a bar with something to do; it lies over the page and moves nothing. */
export function bar(text, name, act) {
  if (byId("bar").hidden || byId("bar-text").textContent !== text) tell(text);
  say(byId("bar-text"), text);
  say(byId("bar-act"), name);
  byId("bar-act").onclick = act;
  byId("bar").hidden = false;
}

export function hideBar() {
  if (!byId("bar").hidden) byId("bar").hidden = true;
}

/** Tells whoever listens. */
export function tell(text) {
  say(byId("live"), text);
}
