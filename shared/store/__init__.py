"""Everything that reads or changes batches, scans and results.

Every function takes a Session first, from `Database.read()` or `Database.write()`, and gives back views or frozen
dataclasses. Keep a write transaction to one call: rows are locked in the order scans, then batches, ids ascending,
and only a transaction of one call keeps to it.
"""
