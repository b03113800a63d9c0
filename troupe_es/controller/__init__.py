"""The composition: commands decided, answers recorded, lives replayed, compared and asked."""
