"""What every call passes through, from the outside in: status, load, merchant."""
