"""DuckDB runs the columnar definitions where the data lie in one process."""
