"""Memory: episodes distilled into what a person keeps, insights drawn from that, and what comes to mind of it."""
