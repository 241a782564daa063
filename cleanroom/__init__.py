"""The clean room: parties, agreements, jobs, privacy and the log."""
