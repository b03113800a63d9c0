"""People: who they are, what they are shown, and what they decide."""
