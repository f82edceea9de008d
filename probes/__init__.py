"""Tokens per second, measured by us; so far only what tells a noisy machine."""
