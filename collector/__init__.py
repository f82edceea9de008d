"""Bytes in, records out: fetching, keeping and reading what sources publish."""
