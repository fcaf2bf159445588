"""Subcommands of `oncoqueue` that the image side provides."""
