"""The machine that a process runs on: its clock, its randomness, its addresses."""
