"""The views of schema `market`, one file each, in file order; dropped and made anew on every upgrade."""
