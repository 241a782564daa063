"""Privacy mathematics: accounting, noise, release, intervals, differencing.  No input or output."""
