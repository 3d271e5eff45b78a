"""Tables of the images app."""
