"""What users say about items. Others import :mod:`target_app.comments.interface` alone."""
