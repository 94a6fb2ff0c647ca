"""Objections to decisions: their terms, their clock, and what follows from them."""
