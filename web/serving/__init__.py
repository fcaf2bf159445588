"""What the server adds to gunicorn: a request gets a thread once it is there, so slow clients hold up nobody."""
