"""What the mediator computes: match, count, threshold, sum, mask.  Arrays in, a release out."""
