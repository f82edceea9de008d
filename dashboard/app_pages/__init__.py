"""One module per room; each draws itself with `page`."""
