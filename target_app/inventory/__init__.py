"""Items and their stock. Others import :mod:`target_app.inventory.interface` alone."""
