"""Evaluation: what the shipped weights do on patients they never saw. Needs the 'train' extra."""
