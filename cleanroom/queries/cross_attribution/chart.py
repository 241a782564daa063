"""Draw what each platform earned, as attribution draws campaigns."""

from cleanroom.queries.attribution.chart import attribution

CHART = attribution
