"""Shopify by hand: a body from a file, signed and posted to a running sandbox."""
