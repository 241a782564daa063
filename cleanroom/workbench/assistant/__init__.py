"""Let an assistant read what a party may see: rooms, templates, prices, answers that are there."""
