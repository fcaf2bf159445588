"""The Celery side: analysis, housekeeping and the commands that start them."""
