"""The story: one referral from share to reward, each step checked where it leaves its mark."""
