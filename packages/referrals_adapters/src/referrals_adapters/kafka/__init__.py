"""Kafka, as the broker that events go to."""
