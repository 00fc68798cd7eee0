"""The business, pure and synchronous: frozen values, rules and one decision."""
