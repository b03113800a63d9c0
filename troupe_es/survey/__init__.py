"""Surveys: typed questions that people answer in private, each by themselves, with the order of options drawn."""
