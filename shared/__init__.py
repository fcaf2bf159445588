"""What the web side and the worker side agree on: settings, database, blob store, queue names, schemas, errors."""
