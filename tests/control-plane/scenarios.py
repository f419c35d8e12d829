"""Everything that is proven, in order."""

from ends import deletion_ends
from living import (
    every_example_becomes_ready,
    names_of_every_length_work,
    readiness_waits_for_the_provider,
    the_other_examples_become_ready,
)
from load import many_claims_at_once
from matrix import every_composed_object_is_as_the_api_server_wants_it
from refusals import (
    a_refused_edit_changes_nothing,
    hostile_authors_get_nowhere,
    the_api_server_refuses_in_our_words,
    what_is_too_large_is_refused_in_words,
)
from roles import roles_are_needed_and_suffice
from steady import a_function_killed_in_the_middle_loses_nothing, a_settled_claim_is_quiet, nothing_moves
from upgrades import an_upgrade_moves_nothing

SCENARIOS = [
    # Before anything else: the others need the roles.
    roles_are_needed_and_suffice,
    every_example_becomes_ready,
    # While there is nobody else to call for.
    a_settled_claim_is_quiet,
    nothing_moves,
    the_other_examples_become_ready,
    readiness_waits_for_the_provider,
    names_of_every_length_work,
    a_function_killed_in_the_middle_loses_nothing,
    what_is_too_large_is_refused_in_words,
    a_refused_edit_changes_nothing,
    the_api_server_refuses_in_our_words,
    hostile_authors_get_nowhere,
    every_composed_object_is_as_the_api_server_wants_it,
    deletion_ends,
    many_claims_at_once,
]

# On a platform that the previous build was installed on.
UPGRADES = [an_upgrade_moves_nothing]
