"""Django database backends that put their time on the request's account: SQLite and PostgreSQL."""
