CREATE TABLE IF NOT EXISTS programs (
    merchant_id PRIMARY KEY, shop_domain UNIQUE, storefront_url, code_prefix, window, complete_on,
    hold, minimum_order, refund_percent, velocity_cap, review, new_friends_only, discount_link,
    active, retention, version
);
CREATE TABLE IF NOT EXISTS links (
    id, merchant_id, customer_id, code, created_at, revoked_at,
    PRIMARY KEY (merchant_id, id), UNIQUE (merchant_id, customer_id), UNIQUE (merchant_id, code)
);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id, type, referral_id, occurred_at, payload, refused_at, reason
);
