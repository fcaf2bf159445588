"""Image -> findings: reading, preprocessing, networks, training, evaluation, weights.

Knows no queue, no database and no HTTP; usable alone as a library.
"""
