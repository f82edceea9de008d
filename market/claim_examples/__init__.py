"""Claims of an article in normalised form, and the cited facts that ship with the product; db.claims reads them."""
