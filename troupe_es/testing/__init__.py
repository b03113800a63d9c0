"""What tests of anything that asks models can use: ``server``, which misbehaves as it is told to."""
