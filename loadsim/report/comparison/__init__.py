"""Two sides set against each other: effects, the rounds they come from, and what they come to, as a page."""
