"""What the parties write down, sign and send: one definition for client, server and log."""
