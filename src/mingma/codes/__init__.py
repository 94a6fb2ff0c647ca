"""Decisions about codes, and what a person or a gate is shown of them."""
