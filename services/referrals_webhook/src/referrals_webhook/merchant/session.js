// Who is at the page: a token and a merchant, handed over in the address's fragment, which no
// browser sends to a server. They last as long as the tab.

const KEYS = { token: "referrals.token", merchant: "referrals.merchant" };

/** Returns `{ token, merchantId }`, or null where nobody handed anything over. */
export function session() {
  const handed = fragment();
  if (handed.has("token")) {
    for (const [name, key] of Object.entries(KEYS))
      sessionStorage.setItem(key, handed.get(name) ?? "");
    history.replaceState(null, "", location.pathname + location.search);
  }
  const token = sessionStorage.getItem(KEYS.token);
  const merchantId = sessionStorage.getItem(KEYS.merchant);
  return isHeader(token) && merchantId ? { token, merchantId } : null;
}

/** Begins anew when somebody else is handed over to an open page. */
export function follow() {
  addEventListener("hashchange", () => fragment().has("token") && location.reload());
}

function fragment() {
  return new URLSearchParams(location.hash.slice(1));
}

// A header of anything else cannot be sent at all.
function isHeader(text) {
  return /^[\x21-\x7e]+$/.test(text ?? "");
}
