"""The watched folder: files that are put into it become scans, each exactly once."""
