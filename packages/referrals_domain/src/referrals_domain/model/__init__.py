"""
The business, pure and synchronous: frozen values, rules and one decision.

A tour, in the order of reading. An advocate, who is a customer of a merchant, shares a link; a
friend orders by it; the order counts, or there is a reason why not.

What is shared: `program` is what a merchant has set. An advocate has one `link` there, which its
`code` names. `link_url` is what they send, `landing` where it leads, `visit` that it was
followed.

What may become a reward: `referral`. A share opens one. An order that comes by the bare code, or
by a share that has its order already, opens one of its own.

What came in: `delivery` is one call of Shopify, `order` what all calls say of one order, in
whatever sequence they came, and `money` its amounts. `signals` are what on it points to a link;
`attribution` gives it to one, for good. `evidence` is what Auth and Core answered, who are asked
once an order, and `review` what a person found.

What comes of it: `rules` refuse an order, or mark it for a person, and `decision` makes one
status of all the above. `events` are what others hear: Points rewards the advocate for a
completion, and takes that back for a reversal. How much it is, is Points' business, and what the
friend gets is the merchant's. `explanation` and `summary` tell people why; `funnel` counts.

What keeps it in order: `identifiers`, `request` and `limit` for callers; `reconciliation` with
what Shopify has, `consistency` of the cache with the database; `privacy`, `merchant_key`,
`mentions` and `retention` for what is kept of people.

What a merchant asks:

- How often is an advocate rewarded? Once for each friend, and for each order, with as many
  friends as they like, or as `velocity_cap` allows a day. `rules.friend_is_not_referred_yet`,
  `rules.advocate_is_below_the_cap`.
- When? With the order, or once it is paid: `complete_on`. If there is a `hold`, so much later,
  and if nothing speaks against it by then. `decision.decide`.
- For which orders? Of friends who had not ordered before, unless `new_friends_only` is off; of
  `minimum_order` at least; placed within the `window` after the share, whenever that is
  reported. `rules.friend_is_new`, `rules.order_reaches_the_minimum`,
  `rules.order_is_within_the_window`.
- And if the order is undone? Once it is cancelled, or `refund_percent` of it went back, the
  referral is reversed, and nobody holds the friend any more. `decision.transition`.
- Who cheats? An advocate's own order is refused. More orders a day than the cap, or an address
  that another friend ordered from, are suspicious: with `review` a person decides, and that
  stays; without, the cap refuses and the address says nothing.
  `rules.advocate_is_not_the_friend`, `rules.address_is_not_shared`, `rules.review_did_not_deny`.
- What if I change the program? What is decided from then on is decided by it as it is, also
  about older orders of which something new is heard. `decision.decide`.
- What if a customer is to be forgotten? A tombstone takes their place in all of this; what
  counted still counts. `merchant_key.MerchantKey`, `order.ReferredOrder`.
"""
