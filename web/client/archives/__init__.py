"""Archives are opened on the sender's side: their members are sent like files of a directory."""
