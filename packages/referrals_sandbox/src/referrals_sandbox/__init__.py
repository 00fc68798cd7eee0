"""Every server and neighbour of the referrals service, for development."""
