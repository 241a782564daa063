"""Plan what to spend on campaigns, from one released answer; so it costs no privacy."""
