"""
A Shopify to test against: `python -m referrals_sandbox.neighbours.shopify_platform`.

Any number of shops take orders, post webhooks about them until these are answered, and show the
same orders by the Admin API: on each shop's own host, or below `/shops/DOMAIN`. What happens in
them is told to `/control`, of which `shopkeeper.Shopkeeper` is the client. What is dropped,
delayed, throttled or broken on the way is a matter of `faults`.

Hours pass `speed` times faster; the times that are written down are those of the real clock.
"""
