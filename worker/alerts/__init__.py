"""Alerts on their way out: what a message says, the channels that carry it, and the drains that empty the outbox."""
