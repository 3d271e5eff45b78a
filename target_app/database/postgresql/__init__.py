"""A Django database backend: PostgreSQL, and where its time goes."""
