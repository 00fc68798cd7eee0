"""How work flows: what queues up, what is tried again. No I/O libraries."""
