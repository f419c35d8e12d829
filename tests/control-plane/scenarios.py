"""Everything that is proven, in order."""

from living import every_example_becomes_ready
from refusals import (
    a_refused_edit_changes_nothing,
    hostile_authors_get_nowhere,
    the_api_server_refuses_in_our_words,
    what_is_too_large_is_refused_in_words,
)
from roles import roles_are_needed_and_suffice

SCENARIOS = [
    # Before anything else: the others need the roles.
    roles_are_needed_and_suffice,
    every_example_becomes_ready,
    what_is_too_large_is_refused_in_words,
    a_refused_edit_changes_nothing,
    the_api_server_refuses_in_our_words,
    hostile_authors_get_nowhere,
]
