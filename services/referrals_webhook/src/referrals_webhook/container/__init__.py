"""How each role is put together; what must be closed in the end is opened here, and handed in."""
