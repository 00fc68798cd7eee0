"""gRPC: the neighbours that are asked, and the values of our own API on the wire."""
