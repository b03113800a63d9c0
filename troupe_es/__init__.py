"""Event-sourced simulation of people with language models."""
