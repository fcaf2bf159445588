"""The HTTP API, version 1: one module for each subject, each with its `routes`."""
