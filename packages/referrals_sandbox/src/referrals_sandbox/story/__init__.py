"""The story: a referral from share to reward, and one from reward to refund, each step checked."""
