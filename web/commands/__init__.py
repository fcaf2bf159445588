"""Commands that speak to the server over HTTP, and the one that runs it."""
