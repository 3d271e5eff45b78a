"""Orders, and the provider that is paid through. Others import :mod:`target_app.payments.interface` alone."""
