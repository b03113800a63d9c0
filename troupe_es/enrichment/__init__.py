"""Texts written anew: worked out to requirements, put into a style, or said in other words."""
