"""Keras networks. Importing this package does not import Keras; its modules do."""
