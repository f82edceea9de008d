"""One file per source, found by looking; nothing is listed here."""
