"""The Db seam over SQLite and PostgreSQL: the only place that knows a driver."""
