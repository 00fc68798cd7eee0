"""What reads, webhooks and conversions cost, as ratios to bases of the same run."""
