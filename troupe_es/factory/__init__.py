"""Populations: in which shares there are to be people, who is to be made so that these come out, and how."""
