"""The functional core of the referrals service."""
