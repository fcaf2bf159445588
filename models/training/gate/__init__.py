"""Training of the gate: known kinds, other kinds, features, heads, evaluation."""
