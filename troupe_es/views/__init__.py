"""What a reader sees of a store, as plain data that JSON can hold.

The command line's ``--json``, the HTTP API and the pages say each thing once, here. Every function takes an open
store and a reference, asks no model, writes nothing, and raises what ``troupe_es.errors`` has.
"""
