"""Bundles: whole simulations as files, the one format in which they leave a store and enter another."""

from troupe_es.controller.bundle.exchange import export, import_, verify_bundle

__all__ = ["export", "import_", "verify_bundle"]
