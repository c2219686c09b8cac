"""PostgreSQL, and the only place that knows it: tables, transactions and queries by subject."""
