"""A nightly report of a merchant's best advocates."""
