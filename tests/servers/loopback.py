"""The loopback server of ``troupe_es.testing``, under the name that tests know it by."""

from troupe_es.testing.server import Call, Loopback, main

__all__ = ["Call", "Loopback"]

if __name__ == "__main__":
    main()
