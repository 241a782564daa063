"""Draw bars, dots and words on a canvas: what the charts of several questions are made of."""
