"""The people who visit. Others import :mod:`target_app.users.interface` alone."""
