"""Alembic's migrations of schema `ledger`; they never import our code and never hold a view."""
