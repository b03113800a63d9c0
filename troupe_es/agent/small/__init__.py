"""The profile for small models: a short persona, one example, and an answer that can hardly go wrong.

A model of one or two billion parameters loses a long persona, repeats what others said, and answers as an assistant.
So it is shown a few sentences about itself and where the others stand, not what they said; it has to take a stance
and to choose its reason among its own sentences before it may speak; and what it may say is bounded by the schema.
The actions are put together from that by code, so that everything behind them is the same as in the full profile.
"""
