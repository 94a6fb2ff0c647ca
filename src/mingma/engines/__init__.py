"""Machinery that runs definitions made elsewhere, and reads what comes from outside."""
