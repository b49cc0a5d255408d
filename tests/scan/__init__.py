"""How a user's source is read: which of our handlers it is nearest to."""
