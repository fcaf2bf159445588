"""Commands of the worker side; loaded by name from the root of the command line."""
