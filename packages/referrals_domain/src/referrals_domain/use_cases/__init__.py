"""
What the service does: one verb phrase a module.

A tour. Each holds ports, and is called with values of the model; no protocol, and no server, is
known here.

A merchant puts a program with `put_program` and sees it with `get_program`. They look at
referrals with `list_referrals`, at one and its reasons with `get_referral`, at what came of
shares with `get_funnel`; what is suspicious they decide with `review_referral`.
`switch_program_off` is what their leaving does.

An advocate gets a link with `create_referral_link` and `get_referral_link`, shares it with
`share_links`, and sees how that went with `get_referral_status`. After `revoke_referral_link` no
new order counts. A friend is led by `follow_link`, and counted by `count_visits`.

An order comes in by `accept_deliveries`, which is done once it is stored, and is worked off by
`complete_orders`: `load_docket` puts together what is known as a `docket`, Auth and Core are
asked, `settle_orders` decides, and `record` writes down what changed, all or nothing. What
cannot be decided yet is left to `postpone`; a body that nobody can read, to `quarantine_bodies`.
What never came is found by `reconcile_shop`, and `keep_subscriptions` has it come.

With time alone, `complete_due_holds` completes what was on hold, by `settle_again`, and
`expire_referrals` gives shares up; both go through all that is due by `sweep`. `forget_old`
deletes what was kept for long enough.

Others hear of it by `publish_events`. The cache hears after each commit, and what it missed by
`drain_stale_statuses`, and by `replay_invalidations` when another server took over;
`check_statuses` sees whether it agrees.

Who asks what is kept of them, or to be forgotten, is heard by `take_privacy_call` and answered
by `export_customer_data` or `carry_out_redactions`; from then on `redacted` gives everybody a
tombstone in their place. `list_privacy_requests` shows what was asked and done.

What waits for an operator is shown by `list_held` and `list_unpublished`, and tried again by
`release_held` and `retry_refused`.
"""
