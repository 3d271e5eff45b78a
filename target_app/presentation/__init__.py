"""Pages and JSON, made of what the other apps' interfaces tell. It holds no data of its own."""
