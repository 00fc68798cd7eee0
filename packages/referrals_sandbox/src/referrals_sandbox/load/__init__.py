"""The load: the plan's shares and orders, with their noise, against the truth that was drawn."""
