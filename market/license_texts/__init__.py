"""The registry of licenses, a file for each version: terms with their clauses and hashes of the texts, never a text; docs/licenses.md."""
