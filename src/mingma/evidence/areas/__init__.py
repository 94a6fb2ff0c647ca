"""Published risk areas: the table of divisions, the listings, and which stays they match."""
