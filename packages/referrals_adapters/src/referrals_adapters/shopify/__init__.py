"""What Shopify sends: whether it is Shopify's, and what it says of an order."""
