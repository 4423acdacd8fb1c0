"""One-line bugs, each planted in a copy of the engine to see that the tests notice it.

A plant names the line it changes by a part of it that occurs once in its file. `by` is what has to
notice: an oracle, or the path of a test file. `within` keeps
an oracle to histories in which the bug matters; where it is empty any history will do.
"""

from __future__ import annotations

from dataclasses import dataclass

PACKAGE = "layers/shared/crmsync"
LAWS = "tests/properties/test_laws"
ORACLES = ("histories", "sweep", "edits", "side by side", "triples")
"""What `tests/plants/catch.py` can ask."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One bug: the file, the part of a line it replaces and with what, what breaks, who notices.

    A `slow` one takes too long for every test run; `make plants` shows it caught, too.
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    by: str
    within: tuple[str, ...] = ()
    slow: bool = False


PLANTS = (
    # --- consent ---------------------------------------------------------------------------------
    Plant(
        "a falsy opt-out is written",
        "services/write_contacts.py",
        "opt_out = True if step and step.opt_out else None",
        "opt_out = bool(step and step.opt_out)",
        "I-9",
        "histories",
    ),
    Plant(
        "the CRM is not told of an opt-out",
        "domain/pair.py",
        "raise_flag = consent.to_right and policy.consent_writable",
        "raise_flag = False",
        "I-9",
        "histories",
    ),
    Plant(
        "an opt-out suppresses no address",
        "services/write_contacts.py",
        "fresh = [a for a in addresses if a not in known]",
        "fresh = []",
        "I-9",
        "histories",
    ),
    Plant(
        "the opt-out of a merged record is lost",
        "domain/consent.py",
        "inherited = person is not None and person.inherits_opt_out",
        "inherited = False",
        "I-22",
        "histories",
        slow=True,
    ),
    Plant(
        "an import raises the opt-out in the CRM",
        "domain/consent.py",
        "to_right=(left or inherited) and direction.writes_crm and",
        "to_right=(left or inherited) and",
        "I-16",
        "histories",
    ),
    # --- base and fields -------------------------------------------------------------------------
    Plant(
        "the base of a refused unit advances",
        "services/advance_base.py",
        "if not job.alive or wanted is None:",
        "if wanted is None:",
        "I-12",
        "histories",
        ("poison",),
    ),
    Plant(
        "a value in flight that arrived is not recognised",
        "domain/pair_fields.py",
        "if flying is None:",
        "if True:",
        "I-3",
        "tests/unit/docs/test_reconciliation_table.py",
    ),
    Plant(
        "a move about to be made is not noted",
        "services/note_intents.py",
        "if job.alive and job.move is not None:",
        "if False:",
        "I-8",
        "tests/unit/services/test_moves_in_flight.py",
    ),
    Plant(
        "a blank wipes a value at the first meeting",
        "domain/merge.py",
        "    if not comparable(field.name, field.right):",
        "    if False:",
        "I-3",
        "histories",
    ),
    Plant(
        "the loser of a conflict is not logged",
        "domain/merge.py",
        'agreed=sent.agreed, loser="marketing")',
        "agreed=sent.agreed)",
        "I-3",
        f"{LAWS}.py::test_an_edit_that_is_overruled_is_in_the_log_with_its_value",
        slow=True,
    ),
    Plant(
        "fields that are off travel",
        "domain/merge.py",
        "if rule is FieldRule.OFF:",
        "if False:",
        "I-15",
        "tests/unit/docs/test_reconciliation_table.py",
        slow=True,
    ),
    Plant(
        "nobody looks again before writing",
        "services/look_again.py",
        "if ask or any(c.writes(Side.CRM) or c.moved or has_heir(c) for c in page):",
        "if False:",
        "I-3",
        "histories",
        slow=True,
    ),
    Plant(
        "what was decided again is not backed up",
        "services/page_backup.py",
        "if not all(map(is_backed_up, page, now)):",
        "if False:",
        "no write before its before-image",
        "histories",
        slow=True,
    ),
    # --- reading ---------------------------------------------------------------------------------
    Plant(
        "what a person did first is taken for ours",
        "services/look_again.py",
        "in_full(planned, fresh.change, seen) if begun else None",
        "in_full(planned, fresh.change, seen)",
        "I-3",
        "tests/unit/services/test_edits_before_ours.py",
    ),
    Plant(
        "a reading goes on from a delta that was cut off",
        "services/open_mappings.py",
        "if self._must_start_over(rows):",
        "if False:",
        "I-21",
        "tests/unit/services/test_full_reading.py",
    ),
    Plant(
        "an opt-out waits with the part that is held",
        "services/apply.py",
        "if row.state is not MappingState.RUNNING:\n            suppress",
        "if False:\n            suppress",
        "I-9",
        "tests/unit/services/test_opt_outs.py",
    ),
    Plant(
        "the watermark is the time the run ended",
        "services/remember_mapping.py",
        "watermark=checkpoint.watermark,",
        "watermark=self._work.ports.clock.now(),",
        "I-21",
        "histories",
        slow=True,
    ),
    Plant(
        "the overlap is dropped",
        "services/gathering.py",
        "OVERLAP = timedelta(minutes=10)",
        "OVERLAP = timedelta(minutes=0)",
        "I-21",
        "histories",
        ("late",),
    ),
    Plant(
        "what did not agree is not kept pending",
        "services/keep_pending.py",
        "if stays_pending(change):",
        "if False:",
        "I-1",
        "histories",
        ("poison",),
    ),
    Plant(
        "rows that vanish without a trace go unnoticed",
        "services/changed_units.py",
        "if campaign and self._gap.unexplained(index, delta, campaign):",
        "if False:",
        "I-8",
        "histories",
    ),
    Plant(
        "a row that was committed late stands in for one that vanished",
        "services/count_gap.py",
        "len(born) + len(late) - gone",
        "len(born) - gone",
        "I-21",
        "tests/unit/services/test_vanished_rows.py",
    ),
    Plant(
        "a contact whose match went is forgotten",
        "domain/replan.py",
        "if fresh.contact_id or not planned.contact_id or fresh.steps:",
        "if True:",
        "I-1",
        "tests/unit/services/test_matches_that_went.py",
    ),
    Plant(
        "two connections take back each other's word on a consent",
        "domain/consent.py",
        "differs = marked if readable else bool(known)",
        "differs = False",
        "I-2",
        "tests/unit/docs/test_reconciliation_table.py",
    ),
    Plant(
        "a page of a reading starts where the last one did",
        "services/delta_pages.py",
        '"/".join(key) > position]',
        '"/".join(key) >= position]',
        "I-18",
        "histories",
        slow=True,
    ),
    Plant(
        "the rows of a page's last key are read twice, and those of the next not at all",
        "adapters/salesforce/member_pages.py",
        "taken = part.records[:room]",
        "taken = part.records[: room - 1]",
        "I-21",
        "tests/contract/salesforce/test_reading.py",
        slow=True,
    ),
    Plant(
        "ids with a wrong checksum pass for ids",
        "adapters/salesforce/ids.py",
        "full_crm_id(value[:15]) == value",
        "full_crm_id(value[:15]) != ''",
        "I-5",
        "tests/unit/adapters/salesforce/test_soql.py",
        slow=True,
    ),
    # --- who is who ------------------------------------------------------------------------------
    Plant(
        "two people of one address are one",
        "domain/identity.py",
        " and _name_of(person) == _name_of(contact)",
        "",
        "I-5",
        "tests/unit/docs/test_reconciliation_table.py",
        slow=True,
    ),
    Plant(
        "a merge is not followed",
        "services/follow_heirs.py",
        "return (person.merged_into or person.converted_into) if person else None",
        "return None",
        "I-22",
        "histories",
        ("merges",),
        slow=True,
    ),
    Plant(
        "a create needs no claim",
        "services/note_intents.py",
        "if claim.holder != run_id:",
        "if False:",
        "I-5",
        "side by side",
        slow=True,
    ),
    Plant(
        "a created person is not linked at once",
        "services/write_people.py",
        "self._link_created(created)",
        "created.clear()",
        "I-5",
        "histories",
    ),
    # --- memberships and scope -------------------------------------------------------------------
    Plant(
        "somebody who cannot be seen has left",
        "domain/membership.py",
        "if right is Seen.UNKNOWN:",
        "if False:",
        "I-8",
        "triples",
    ),
    Plant(
        "scope is ignored",
        "services/observe.py",
        "return person is None or scene.by_visibility or person.owner_id == scene.crm_user_id",
        "return True",
        "I-15",
        "histories",
        ("owners",),
    ),
    Plant(
        "rows are removed from the CRM unasked",
        "domain/membership.py",
        "if policy.remove_in_crm:",
        "if True:",
        "I-8",
        "histories",
    ),
    Plant(
        "the guard lets any removal pass",
        "domain/guard.py",
        "if effect.removals > max(MIN_REMOVALS, REMOVAL_SHARE * members):",
        "if False:",
        "the limits of design 5.4",
        f"{LAWS}_of_failure.py::test_too_large_a_share_is_held_before_any_write",
        slow=True,
    ),
    # --- runs ------------------------------------------------------------------------------------
    Plant(
        "a run starts between two slices of another",
        "services/run_slice.py",
        "if run.fence:",
        "if True:",
        "I-13",
        "tests/unit/services/test_slices.py::"
        "test_a_run_waits_for_one_that_is_between_two_slices_and_begins_when_it_ends",
    ),
    Plant(
        "a dead worker's lease stays for ever",
        "adapters/dynamodb/leases.py",
        "if held.expires_at > self._clock.now():",
        "if held is not None:",
        "I-18",
        "tests/contract/test_control_lease.py",
        slow=True,
    ),
    Plant(
        "a completion has another id each time it is told",
        "services/announce_run.py",
        '"event_id": f"completed-{run.id}",',
        '"event_id": f"completed-{run.id}-{run.version}",',
        "I-20",
        "sweep",
    ),
    Plant(
        "a preview that ended is never told of after a lost answer",
        "services/revive_run.py",
        "if run.event_sent:",
        "if run.event_sent or run.state is RunState.PLANNED:",
        "I-20",
        "sweep",
    ),
    Plant(
        "settling a run twice counts it twice",
        "services/remember_mapping.py",
        "        if memory.settled_by == self._work.run.id:",
        "        if False:",
        "I-11",
        "sweep",
    ),
    Plant(
        "what a page did before a crash is not told",
        "services/look_again.py",
        "if told is not None:",
        "if False:",
        "I-11",
        "sweep",
    ),
    Plant(
        "the cursor moves before the outcomes are stored",
        "services/plan_pages.py",
        "results_so_far = (*run.checkpoint.results, ref)",
        "results_so_far = run.checkpoint.results",
        "I-19",
        "histories",
    ),
    # --- undo ------------------------------------------------------------------------------------
    Plant(
        "an undo overwrites later edits",
        "domain/undo.py",
        "if not as_left(wrote, who.value(wrote.name), wrote.after):",
        "if False:",
        "I-3",
        "tests/unit/docs/test_reconciliation_table.py",
    ),
    Plant(
        "an undo that was interrupted does not settle what it had done",
        "domain/undo.py",
        "if f in todo or stands_at(f, f.after, now))",
        "if f in todo)",
        "I-11",
        "sweep",
    ),
    Plant(
        "a contact is not told of an opt-out",
        "domain/consent.py",
        "to_left=(right or inherited) and news and direction.writes_marketing,",
        "to_left=False,",
        "I-9",
        "histories",
    ),
    Plant(
        "a retry does everything again",
        "services/delta_pages.py",
        "if change.outcome is Outcome.FAILED",
        "if change.outcome",
        "a retry re-does only what failed",
        "tests/unit/services/test_retry.py",
    ),
    Plant(
        "a stale holder may write",
        "adapters/dynamodb/fenced_store.py",
        "LeaseRow.fence <= self._number",
        "LeaseRow.fence >= 0",
        "I-13",
        "tests/contract/test_state_mappings.py",
        slow=True,
    ),
)
