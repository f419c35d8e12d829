"""Everything that is proven, in order."""

from living import every_example_becomes_ready
SCENARIOS = [every_example_becomes_ready]
