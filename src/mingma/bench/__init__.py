"""Benchmarks: each beside its peer in one run, as ratios. Never a timed test."""
