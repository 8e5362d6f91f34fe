"""Where emitted hardware takes its random numbers from: one object for each way, found by its name in a registry."""
