"""Steering: interventions that a model has to be asked about, claims put to it, and stories."""
