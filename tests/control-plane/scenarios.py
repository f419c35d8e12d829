"""Everything that is proven, in order."""

from living import becomes_ready
SCENARIOS = [becomes_ready]
