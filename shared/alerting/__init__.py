"""Who is told of what: the rules of alerts, and which results they match."""
