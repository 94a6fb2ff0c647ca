"""The demo: the frozen city and the real area list, replayed into a specimen instance.

It plays every source on one machine with demo keys, and says so. No rule is relaxed for it.
"""
