"""What the use cases need from outside: one port a module."""
