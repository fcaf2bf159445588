"""The web side of OncoQueue: HTTP API, pages, health, metrics, and the HTTP client with its commands."""
