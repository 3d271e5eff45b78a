"""Tables of the users app."""
