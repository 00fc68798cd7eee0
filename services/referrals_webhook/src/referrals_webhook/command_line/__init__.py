"""What the commands of `referrals-webhook` are called, take, and tell of themselves."""
