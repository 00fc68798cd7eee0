// Keeps the link that a friend came by, and writes it to the shop's own cart, whose attributes
// Shopify copies to the order: docs/storefront.md.
(() => {
  "use strict";
  const NAMES = ["ref", "share", "channel"];
  const KEY = "referrals.touch";
  const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const settings = document.currentScript?.dataset ?? {};
  const windowMs = (settings.windowDays > 0 ? settings.windowDays : 30) * 864e5;
  let unstored = null;

  // Other campaigns have a `ref` too; a code has a check character.
  function isCode(text) {
    const plain = text.toUpperCase().replace(/-/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    const symbols = plain.slice(-10);
    let sum = 0;
    for (const symbol of symbols.slice(0, 9)) {
      sum = (sum ^ BASE32.indexOf(symbol)) << 1;
      if (sum > 31) sum ^= 37;
    }
    return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(symbols) && sum === BASE32.indexOf(symbols[9]);
  }

  // A touch is one unit: without a share it leaves no older one's.
  function touchOf(fields) {
    const touch = { at: fields.at };
    for (const name of NAMES) {
      const text = fields[name] || "";
      touch[name] = /^[A-Za-z0-9-]{1,64}$/.test(text) ? text : null;
    }
    return touch.ref && isCode(touch.ref) ? touch : null;
  }

  function kept() {
    try {
      const text = localStorage.getItem(KEY);
      const touch = text && touchOf(JSON.parse(text));
      if (touch && Math.abs(Date.now() - touch.at) < windowMs) return touch;
      if (text) localStorage.removeItem(KEY);
    } catch {} // no storage, or something else in it
    return unstored;
  }

  function land() {
    const query = Object.fromEntries(new URLSearchParams(location.search));
    const touch = touchOf({ ...query, at: Date.now() });
    if (!touch || (settings.touch === "first" && kept())) return;
    try {
      localStorage.setItem(KEY, JSON.stringify(touch));
    } catch {
      unstored = touch; // for this page
    }
  }

  async function ask(path, request) {
    const root = window.Shopify?.routes?.root ?? "/";
    const response = await fetch(root + path, request);
    if (!response.ok) throw response;
    return response.json();
  }

  async function write() {
    const touch = kept();
    if (!touch) return;
    try {
      const { attributes: had } = await ask("cart.js", { cache: "no-store" });
      if (NAMES.every((name) => (had[name] || null) === touch[name])) return;
      const { at, ...attributes } = touch; // Shopify removes what is null
      await ask("cart/update.js", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ attributes }),
      });
    } catch {} // the next page tries again
  }

  land();
  write();
  // Themes change the cart without loading a page.
  new PerformanceObserver((list) => {
    if (list.getEntries().some(({ name }) => /\/cart\/(add|change|clear)/.test(name))) write();
  }).observe({ entryTypes: ["resource"] });
})();
