"""Pictures of the items. Others import :mod:`target_app.images.interface` alone."""
