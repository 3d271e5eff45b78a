"""A Django database backend: SQLite, and where its time goes."""
