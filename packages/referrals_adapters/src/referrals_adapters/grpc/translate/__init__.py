"""Values of the model as messages of `referrals.v1`, and back."""
