"""Tokens per second, measured by us; empty until the probes land."""
