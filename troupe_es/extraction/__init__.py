"""Extraction: typed values found in what happened, each with the events it rests on; labels; rows of a life."""
