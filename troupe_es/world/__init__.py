"""The world: who acts when, and what comes of what people want."""
