"""What the ports of the mediator are on this machine."""
