"""A public, tamper-evident log of opaque leaves: it knows bytes, no codes, no rules, no people."""
