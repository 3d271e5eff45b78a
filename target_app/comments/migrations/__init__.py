"""Tables of the comments app."""
