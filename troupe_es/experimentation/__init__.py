"""Experiments: what their outcomes let one say."""
