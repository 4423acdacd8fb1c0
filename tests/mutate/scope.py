"""What is mutated, which tests judge a mutant, and how much of the endless ones they play."""

from __future__ import annotations

from collections.abc import Sequence

RECONCILE = (
    "domain/base",
    "domain/change",
    "domain/consent",
    "domain/decide",
    "domain/describe",
    "domain/fields",
    "domain/identity",
    "domain/membership",
    "domain/merge",
    "domain/observation",
    "domain/pair",
    "domain/pair_fields",
    "domain/paused_fields",
    "services/look_again",
    "services/matching",
)
PLAN = (
    "domain/guard",
    "domain/replan",
    "domain/resume",
    "domain/standing",
    "domain/undo",
    "services/count_changes",
    "services/gather",
    "services/gathering",
    "services/make_plan",
    "services/plan_parts",
    "services/plan_undo",
)
CHECKPOINT = (
    "domain/mapping_run",
    "domain/run",
    "services/advance_base",
    "services/advance_run",
    "services/apply",
    "services/create_ends",
    "services/end_run",
    "services/keep_pending",
    "services/note_intents",
    "services/outcomes",
    "services/page_backup",
    "services/plan_pages",
    "services/put_bases",
    "services/remember_mapping",
    "services/run_slice",
    "services/settle",
    "services/work",
)
MODULES = (*RECONCILE, *PLAN, *CHECKPOINT)

TESTS = (
    "tests/unit/docs/test_reconciliation_table.py",
    "tests/unit/domain",
    "tests/unit/services",
    "tests/properties/test_laws.py",
    "tests/properties/test_laws_of_failure.py",
    "tests/properties/test_laws_of_sides.py",
    "tests/properties/test_triples.py",
    "tests/properties/test_histories_by_feature.py",
)
LEFT_OUT = (
    "tests/properties/test_laws_of_failure.py::test_a_campaign_that_everybody_left_is_held",
    "tests/properties/test_laws_of_failure.py::test_units_that_fail_keep_their_base_and_finish_next_time",
    "tests/properties/test_laws_of_sides.py::test_shuffled_records_make_the_same_plan",
    "tests/unit/services/test_report_run.py::test_no_cell_of_a_report_is_a_formula",
    "tests/unit/services/test_slices.py::test_a_long_run_ends_each_slice_in_time_and_goes_on_where_it_was",
    "tests/unit/services/test_slices.py::test_a_run_in_slices_does_every_record_once",
    "tests/unit/services/test_refresh_connection.py::test_wherever_a_worker_dies_exactly_one_run_tells",
)
"""Of those, what takes seconds by itself."""
LITTLE = {
    "CRMSYNC_HISTORIES": "160",
    "CRMSYNC_HYPOTHESIS": "mutants",
    "CRMSYNC_TRIPLES": "400",
}
"""So much finds what there is to find in the time there is for one mutant."""


def chosen(words: Sequence[str]) -> tuple[str, ...]:
    """The modules whose name holds one of the words; all of them without any."""
    return tuple(m for m in MODULES if not words or any(word in m for word in words))
