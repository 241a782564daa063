"""Every case of the list of hostile and faulty cases, and the tests that hold it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

AUTH, DATASETS, JOBS, ROOMS = (
    f"tests/api/test_{noun}.py" for noun in ("auth", "datasets", "jobs", "rooms")
)
SERVER, ALIGNMENTS = "tests/api/test_server.py", "tests/api/test_alignments.py"
WORKER, STORE = "tests/cleanroom/mediator/test_worker.py", "tests/cleanroom/mediator/test_store.py"
PROTOCOLS, AUDIT = "tests/protocols", "tests/cleanroom/audit"
HOSTILE = "tests/hostile"

CASES: dict[int, tuple[str, ...]] = {
    1: (f"{AUTH}::test_a_replayed_request_is_refused_also_after_a_restart",),
    2: (f"{AUTH}::test_an_idempotency_key_answers_again_and_for_one_request_only",),
    3: (
        f"{AUTH}::test_a_signature_that_covers_too_little_is_refused",
        f"{AUTH}::test_two_signatures_are_refused",
        f"{AUTH}::test_another_algorithm_is_refused",
    ),
    4: (f"{AUTH}::test_a_body_that_does_not_match_its_digest_is_refused",),
    5: (
        f"{AUTH}::test_the_clock_may_be_off_by_the_skew_and_no_more",
        f"{ROOMS}::test_a_clock_that_steps_back_is_flagged",
    ),
    6: (f"{AUTH}::test_every_failure_to_authenticate_looks_the_same",),
    7: (
        f"{HOSTILE}/test_authorization.py::test_nobody_finds_another_rooms_things",
        f"{HOSTILE}/test_authorization.py"
        "::test_a_member_does_to_its_rooms_things_what_its_role_allows",
    ),
    8: (
        f"{HOSTILE}/test_not_the_callers.py::test_a_question_carries_no_such_field",
        f"{HOSTILE}/test_not_the_callers.py"
        "::test_no_statement_envelope_policy_or_dataset_carries_such_a_field",
    ),
    9: (
        f"{JOBS}::test_a_running_job_stops_when_the_room_expires",
        f"{DATASETS}::test_withdrawing_deletes_the_rows_and_stops_what_runs_on_them",
    ),
    10: (
        f"{HOSTILE}/test_agent.py::test_a_job_that_differs_from_what_was_asked_is_not_decrypted",
        f"{HOSTILE}/test_agent.py::test_ciphertexts_that_were_not_agreed_are_not_decrypted",
    ),
    11: (f"{JOBS}::test_steps_out_of_order_are_refused",),
    12: (f"{DATASETS}::test_a_chunk_of_another_size_is_refused",),
    13: (
        f"{PROTOCOLS}/test_alignment_dh.py::test_hostile_elements_are_refused_with_their_row",
        f"{PROTOCOLS}/test_alignment_dh.py::test_a_repeated_element_is_refused",
        f"{PROTOCOLS}/test_curve25519.py::test_the_first_of_several_bad_rows_is_named",
    ),
    14: (
        f"{DATASETS}::test_the_same_chunk_twice_is_harmless_and_other_bytes_are_not",
        f"{DATASETS}::test_a_gap_at_sealing_is_refused_and_can_be_filled",
    ),
    15: (
        f"{AUTH}::test_an_oversize_body_is_refused_before_it_is_read",
        f"{HOSTILE}/test_transport.py::test_a_body_longer_than_declared_is_cut_there",
        f"{HOSTILE}/test_transport.py::test_a_room_has_its_share_of_the_disk_and_no_more",
        f"{SERVER}::test_both_length_headers_are_refused",
    ),
    16: (
        f"{AUTH}::test_a_compressed_body_is_refused",
        "tests/cleanroom/ingest/test_records_source.py::test_parquet_bomb_of_rows_ends_at_the_limit",
        "tests/cleanroom/ingest/test_records_source.py::test_bomb_of_memory_ends_the_child_alone",
        "tests/cleanroom/ingest/test_records_source.py::test_damaged_parquet_is_one_clear_error",
    ),
    17: (
        f"{SERVER}::test_slow_connections_do_not_shut_an_honest_one_out",
        f"{HOSTILE}/test_slow_connections.py::test_nine_hundred_slow_connections",
    ),
    18: (
        f"{HOSTILE}/test_transport.py::test_a_disconnect_in_the_middle_of_a_chunk_leaves_nothing",
        f"{HOSTILE}/test_transport.py"
        "::test_an_upload_over_a_line_that_is_cut_sends_one_chunk_more_per_cut",
    ),
    19: (
        f"{DATASETS}::test_a_ciphertext_that_must_not_be_computed_with_is_refused",
        f"{PROTOCOLS}/test_paillier_hostile.py"
        "::test_hostile_ciphertexts_are_refused_before_decryption",
    ),
    20: (
        f"{ROOMS}::test_a_weak_paillier_key_is_refused",
        f"{ROOMS}::test_a_paillier_key_without_its_proof_is_refused",
        f"{ROOMS}::test_another_members_paillier_key_is_refused",
    ),
    21: (
        f"{HOSTILE}/test_asking.py"
        "::test_a_sum_that_could_pass_its_slot_is_refused_with_the_question",
        "tests/cleanroom/ingest/test_records.py::test_duplicates_are_summed_before_the_clamp",
    ),
    22: (
        f"{PROTOCOLS}/test_sealing.py::test_drop_repeat_reorder_and_go_on",
        "tests/coalitions/test_identities.py"
        "::test_nothing_that_a_mediator_can_make_of_messages_opens",
        f"{ALIGNMENTS}::test_two_different_transcripts_make_no_alignment",
    ),
    23: (
        f"{PROTOCOLS}/test_sealing.py::test_a_message_of_another_channel",
        f"{PROTOCOLS}/test_sealing.py::test_an_earlier_message_with_a_new_number",
        f"{PROTOCOLS}/test_alignment_dh.py::test_a_responder_with_two_scalars_is_caught",
    ),
    24: (f"{ALIGNMENTS}::test_alignments_and_people_are_capped",),
    25: (
        "tests/cleanroom/privacy/test_release.py::test_nothing_small_is_shown_or_left_over",
        "tests/cleanroom/privacy/test_release.py"
        "::test_the_smallest_released_group_joins_a_single_small_one",
    ),
    26: (
        "tests/api/test_differences.py"
        "::test_the_next_version_is_asked_about_and_pays_like_any_other_question",
    ),
    27: (f"{HOSTILE}/test_asking.py::test_the_same_question_a_thousand_times_is_charged_once",),
    28: (
        f"{WORKER}::test_two_jobs_race_for_the_last_of_the_budget_and_one_runs",
        f"{JOBS}::test_numbers_that_are_none_are_refused",
    ),
    29: (
        f"{HOSTILE}/test_asking.py::test_a_crash_between_charge_and_release_costs_nothing_more",
        f"{HOSTILE}/test_asking.py::test_a_dataset_renamed_or_aligned_anew_starts_no_new_ledger",
    ),
    30: (
        "tests/cleanroom/privacy/test_attacks.py"
        "::test_seed_stuffing_is_an_oracle_with_an_exact_threshold_only",
    ),
    31: (
        f"{HOSTILE}/test_kills.py::test_three_kills_change_no_answer",
        f"{HOSTILE}/test_kills.py::test_twenty_kills_change_no_answer",
        "tests/simulation/test_two_agents.py::test_a_few_sequences_of_faults",
    ),
    32: (
        f"{WORKER}::test_a_disk_that_fails_changes_nothing_and_recovers",
        f"{WORKER}::test_a_chunk_that_could_not_be_written_is_not_acknowledged",
    ),
    33: (
        f"{AUDIT}/test_edits.py::test_random_edits_are_all_caught",
        f"{AUDIT}/test_lies.py::test_a_rehashed_log_is_found_by_a_head_that_a_party_holds",
        f"{AUDIT}/test_lies.py::test_a_log_cut_behind_what_a_party_saw_is_found",
    ),
    34: (f"{AUDIT}/test_witness.py::test_two_witnesses_who_compare_find_the_fork",),
    35: (f"{WORKER}::test_a_worker_that_lost_its_lease_changes_nothing",),
    36: (
        f"{WORKER}::test_a_job_that_always_crashes_is_abandoned_with_its_reason",
        f"{SERVER}::test_sigterm_ends_everything_within_ten_seconds",
        f"{HOSTILE}/test_agent.py::test_an_agent_that_cannot_do_its_part_says_so",
    ),
    37: (
        f"{HOSTILE}/test_names.py::test_a_name_holds_no_hostile_text",
        f"{HOSTILE}/test_names.py::test_hostile_text_in_a_path_or_a_query_is_refused",
        f"{STORE}::test_values_are_inert",
        f"{STORE}::test_a_name_that_could_leave_the_folder_names_nothing",
    ),
    38: (
        f"{HOSTILE}/test_names.py::test_what_a_reason_or_a_column_says_stays_data",
        "tests/browser/test_party.py::test_ask_preview_approve_and_follow_to_the_answer",
        "tests/browser/test_party.py::test_posts_from_elsewhere_are_refused",
    ),
    39: ("tests/cleanroom/ingest/test_records.py::test_formula_cells_are_quoted",),
    40: (
        f"{HOSTILE}/test_canary.py::test_no_canary_in_any_error_log_metric_or_file",
        "tests/end_to_end/test_nothing_stored.py"
        "::test_the_mediator_stores_no_identifier_hash_label_or_sum",
        f"{WORKER}::test_a_failure_of_ours_shows_no_value_in_answer_or_log",
    ),
}


def test_every_case_is_here() -> None:
    assert sorted(CASES) == list(range(1, 41))


@pytest.mark.parametrize("case", CASES)
def test_the_tests_of_a_case_exist(case: int) -> None:
    for test in CASES[case]:
        file, _, name = test.partition("::")
        assert name in functions(file), test


@cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(node.name for node in found if node.name.startswith("test_"))
