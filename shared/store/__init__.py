"""Everything that reads or changes batches, scans, results, alerts and who has access.

Every function takes a Session first, from `Database.read()` or `Database.write()`, and gives back views or frozen
dataclasses. Keep a write transaction to one call: rows are locked in the order scans, then batches, then alerts
and their deliveries, and only a transaction of one call keeps to it.
"""
