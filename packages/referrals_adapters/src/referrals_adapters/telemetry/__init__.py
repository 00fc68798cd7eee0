"""What operators see: logs of allow-listed fields, and counters with bounded labels."""
