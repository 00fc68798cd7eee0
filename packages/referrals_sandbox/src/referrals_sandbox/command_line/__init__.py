"""What the commands of `referrals-sandbox` are called, take, and tell of themselves."""
