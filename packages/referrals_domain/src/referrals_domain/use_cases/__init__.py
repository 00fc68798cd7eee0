"""What the service does: one verb phrase a module."""
