"""Adapters of SQLite and of a local file for the ports of `referrals_domain`."""
