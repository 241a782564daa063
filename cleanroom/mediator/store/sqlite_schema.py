"""The tables of the mediator, as numbered migrations.

No column holds an identifier of a person, a label in clear or a sum: documents, digests, states,
and the names that the parties gave to themselves and their datasets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from cleanroom.errors import InvalidInput

migrations = Migrations("mediator")


@migrations(name="0001_first_tables")
def first_tables(database: Database) -> None:
    """Create every table of the first version."""
    database.executescript(_FIRST)


@migrations(name="0002_differences")
def differences(database: Database) -> None:
    """Keep what owners attest about the versions of their datasets."""
    database.execute("ALTER TABLE datasets ADD COLUMN differences TEXT NOT NULL DEFAULT '{}'")


@migrations(name="0003_statements_of_jobs")
def statements_of_jobs(database: Database) -> None:
    """Keep what the submitter signed, for the other side's agent to verify."""
    database.execute("ALTER TABLE jobs ADD COLUMN statement TEXT NOT NULL DEFAULT 'null'")


@migrations(name="0004_marks_of_entries")
def marks_of_entries(database: Database) -> None:
    """Note of each entry by what people look for it, so that a long log can be searched."""
    database.executescript(_MARKS)


@migrations(name="0005_no_differences")
def no_differences(database: Database) -> None:
    """Forget what owners attested about the versions of their datasets."""
    database.execute("ALTER TABLE datasets DROP COLUMN differences")


@migrations(name="0006_dropped_nonces")
def dropped_nonces(database: Database) -> None:
    """Note of which times nonces were dropped: the clock may go back to them."""
    database.execute(
        "CREATE TABLE dropped_nonces (first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT"
    )


@migrations(name="0007_statements_of_alignments")
def statements_of_alignments(database: Database) -> None:
    """Keep what the proposer signed, taking that of earlier alignments from the log."""
    database.executescript(_PROPOSALS)


@migrations(name="0008_serving")
def serving(database: Database) -> None:
    """Keep what is served under a grant, and what both sides counted."""
    database.executescript(_SERVING)


@migrations(name="0009_agreed_tallies")
def agreed_tallies(database: Database) -> None:
    """Tell the tallies that one side alone has said from all others, however many those are."""
    database.executescript(_AGREED)


@migrations(name="0010_periods")
def periods(database: Database) -> None:
    """Let a ledger count by periods; what it may spend stands in the agreement alone."""
    database.executescript(_PERIODS)


@migrations(name="0011_amendments")
def amendments(database: Database) -> None:
    """Keep the later versions of agreements, who signed them, and which one is in force."""
    database.executescript(_AMENDMENTS)


_AMENDMENTS = """
ALTER TABLE rooms ADD COLUMN in_force TEXT;
CREATE TABLE amendments (
    id TEXT PRIMARY KEY, room TEXT NOT NULL REFERENCES rooms (id), number INTEGER NOT NULL,
    state TEXT NOT NULL, agreement TEXT NOT NULL, since INTEGER) STRICT;
CREATE INDEX amendments_room ON amendments (room, state);
CREATE TABLE amendment_signatures (
    amendment TEXT NOT NULL REFERENCES amendments (id), party TEXT NOT NULL,
    statement TEXT NOT NULL, PRIMARY KEY (amendment, party)) STRICT;
"""


@migrations(name="0012_deletions")
def deletions(database: Database) -> None:
    """Note why a dataset was taken back, and whether the log says that it is deleted."""
    database.executescript(_DELETIONS)


_DELETIONS = """
ALTER TABLE datasets ADD COLUMN why TEXT NOT NULL DEFAULT 'withdrawn';
ALTER TABLE datasets ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX datasets_deleted ON datasets (state, deleted);
"""


@migrations(name="0013_delegations")
def delegations(database: Database) -> None:
    """Keep what brands let agencies ask, and under which of it a job is asked."""
    database.executescript(_DELEGATIONS)


_DELEGATIONS = """
CREATE TABLE delegations (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, room TEXT NOT NULL REFERENCES rooms (id),
    brand TEXT NOT NULL, agency TEXT NOT NULL, document TEXT NOT NULL, statement TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0, spent_units INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX delegations_room ON delegations (room, brand);
ALTER TABLE jobs ADD COLUMN delegation TEXT;
CREATE INDEX jobs_delegation ON jobs (delegation) WHERE delegation IS NOT NULL;
"""


@migrations(name="0014_standing")
def standing(database: Database) -> None:
    """Keep standing questions, and which jobs are their runs."""
    database.executescript(_STANDING)


_STANDING = """
CREATE TABLE standings (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, room TEXT NOT NULL,
    state TEXT NOT NULL, brand TEXT NOT NULL, platform TEXT NOT NULL, submitter TEXT NOT NULL,
    document TEXT NOT NULL, statement TEXT NOT NULL, approval TEXT, problem TEXT,
    created INTEGER NOT NULL) STRICT;
CREATE INDEX standings_room ON standings (room, number);
CREATE INDEX standings_state ON standings (room, state);
CREATE TABLE runs (
    standing TEXT NOT NULL REFERENCES standings (id), run INTEGER NOT NULL, job TEXT NOT NULL,
    time INTEGER NOT NULL, PRIMARY KEY (standing, run)) STRICT;
"""


@migrations(name="0015_retention")
def retention(database: Database) -> None:
    """Note what is still kept of a question, and what is over and not signed as deleted yet."""
    database.executescript(_RETENTION)


@migrations(name="0016_members_come_and_go")
def members_come_and_go(database: Database) -> None:
    """Note who is invited, a member, or has left, and how long the log was when it left."""
    database.executescript(_PLACES)


@migrations(name="0017_digests_of_nonces")
def digests_of_nonces(database: Database) -> None:
    """Forget nonces and keys that were kept as they came; requests of these seconds are used up."""
    database.executescript(_MARKED)


_MARKED = """
INSERT INTO dropped_nonces SELECT DISTINCT until, until FROM nonces WHERE TRUE
    ON CONFLICT DO NOTHING;
DELETE FROM nonces;
DELETE FROM answers;
"""
_PLACES = """
ALTER TABLE members ADD COLUMN place TEXT NOT NULL DEFAULT 'member';
ALTER TABLE members ADD COLUMN until INTEGER;
"""
_RETENTION = """
ALTER TABLE jobs ADD COLUMN kept INTEGER NOT NULL DEFAULT 2;
UPDATE jobs SET kept = 0 WHERE state IN ('REFUSED', 'FAILED', 'CANCELLED', 'EXPIRED');
CREATE INDEX jobs_kept ON jobs (room, kept, created);
CREATE INDEX datasets_created ON datasets (room, state, created);
CREATE INDEX alignments_created ON alignments (room, state, created);
CREATE TABLE expiries (
    number INTEGER PRIMARY KEY, room TEXT NOT NULL, noun TEXT NOT NULL, id TEXT NOT NULL) STRICT;
CREATE INDEX expiries_room ON expiries (room);
"""
_PERIODS = """
ALTER TABLE ledgers DROP COLUMN budget_units;
ALTER TABLE ledgers ADD COLUMN before_units INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledgers ADD COLUMN period INTEGER NOT NULL DEFAULT 0;
"""
_AGREED = """
ALTER TABLE tallies ADD COLUMN agreed INTEGER NOT NULL DEFAULT 0;
UPDATE tallies SET agreed = (SELECT count(*) > 1 FROM tallies AS both WHERE
    both.room = tallies.room AND both.place = tallies.place AND both.minute = tallies.minute);
CREATE INDEX tallies_minute ON tallies (room, place, minute);
CREATE INDEX tallies_waiting ON tallies (room, place, minute) WHERE agreed = 0;
"""
_SERVING = """
CREATE TABLE servings (
    room TEXT NOT NULL, place INTEGER NOT NULL, number INTEGER NOT NULL, dataset TEXT NOT NULL,
    opened INTEGER NOT NULL, closed INTEGER, stopped INTEGER NOT NULL,
    statement TEXT NOT NULL DEFAULT 'null', PRIMARY KEY (room, place)) STRICT;
CREATE TABLE tallies (
    room TEXT NOT NULL, place INTEGER NOT NULL, party TEXT NOT NULL, minute INTEGER NOT NULL,
    questions INTEGER NOT NULL, PRIMARY KEY (room, place, party, minute)) STRICT;
"""
_PROPOSALS = """
ALTER TABLE alignments ADD COLUMN statement TEXT NOT NULL DEFAULT 'null';
UPDATE alignments SET statement = ifnull((
    SELECT CAST(leaf AS TEXT) ->> '$.statement' FROM marks JOIN entries USING (room, number)
    WHERE marks.room = alignments.room AND kind = 'alignment.propose' AND outcome = 'accepted'
    AND CAST(leaf AS TEXT) ->> '$.statement.statement.body.alignment' = alignments.document
    ), 'null');
"""
_MARKS = """
CREATE TABLE marks (
    room TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
    outcome TEXT NOT NULL, job TEXT NOT NULL,
    PRIMARY KEY (room, number)) STRICT, WITHOUT ROWID;
INSERT INTO marks SELECT room, number, leaf ->> '$.kind', leaf ->> '$.actor', leaf ->> '$.outcome',
    CASE json_type(leaf, '$.statement.statement.body.job') WHEN 'text'
    THEN leaf ->> '$.statement.statement.body.job' ELSE ifnull(leaf ->> '$.facts.job', '') END
    FROM (SELECT room, number, CAST(leaf AS TEXT) AS leaf FROM entries);
CREATE INDEX marks_kind ON marks (room, kind, actor, number);
CREATE INDEX marks_kind_alone ON marks (room, kind, number);
CREATE INDEX marks_actor ON marks (room, actor, number);
CREATE INDEX marks_outcome ON marks (room, outcome, number);
CREATE INDEX marks_job ON marks (room, job, number);
"""


def known_migrations() -> dict[str, Callable[[Database], None]]:
    """Return what each migration of this version does, by name, in their order."""
    return {one.name: one.fn for one in migrations.pending(Database(memory=True))}


def check_version(applied: Collection[str], *, changes: bool) -> None:
    """Refuse tables that a later version made: what it keeps there, this one would not keep up.

    Those of an earlier one are refused unless ``changes`` may be made to them.
    """
    known = known_migrations().keys()
    if applied and not changes and known - set(applied):
        raise InvalidInput(
            "The database was made by an earlier version of cleanroom, whose server is running.",
            remedy="Stop it and start this version's server, which changes the database.",
        )
    if set(applied) - known:
        raise InvalidInput(
            "The database was made by a later version of cleanroom.",
            remedy="Run that version, or a later one; or restore a backup of before.",
        )


_FIRST = """
CREATE TABLE parties (
    fingerprint TEXT PRIMARY KEY, name TEXT NOT NULL, card TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0, admitted INTEGER NOT NULL) STRICT;
CREATE TABLE nonces (
    fingerprint TEXT NOT NULL, nonce TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, nonce)) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_until ON nonces (until);
CREATE TABLE answers (
    fingerprint TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, created INTEGER NOT NULL,
    status INTEGER, location TEXT, body BLOB,
    PRIMARY KEY (fingerprint, key)) STRICT;
CREATE TABLE rooms (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, agreement TEXT NOT NULL, expires INTEGER NOT NULL,
    created INTEGER NOT NULL) STRICT;
CREATE TABLE members (
    number INTEGER PRIMARY KEY, room TEXT NOT NULL REFERENCES rooms (id),
    name TEXT NOT NULL, role TEXT NOT NULL,
    fingerprint TEXT NOT NULL, signing_key TEXT NOT NULL, paillier TEXT, signature TEXT,
    sequence INTEGER NOT NULL DEFAULT 0, previous TEXT NOT NULL,
    UNIQUE (room, name)) STRICT;
CREATE INDEX members_fingerprint ON members (fingerprint);
CREATE TABLE statements (
    digest TEXT PRIMARY KEY, room TEXT NOT NULL, party TEXT NOT NULL, log_index INTEGER NOT NULL,
    status INTEGER NOT NULL, answer TEXT NOT NULL) STRICT;
CREATE TABLE logs (
    room TEXT PRIMARY KEY, size INTEGER NOT NULL, latest INTEGER NOT NULL) STRICT;
CREATE TABLE entries (
    room TEXT NOT NULL, number INTEGER NOT NULL, leaf BLOB NOT NULL,
    PRIMARY KEY (room, number)) STRICT;
CREATE TABLE nodes (
    room TEXT NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (room, level, number)) STRICT, WITHOUT ROWID;
CREATE TABLE cosignatures (
    room TEXT NOT NULL, party TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (room, party, size)) STRICT;
CREATE TABLE ledgers (
    room TEXT NOT NULL, brand TEXT NOT NULL, platform TEXT NOT NULL,
    budget_units INTEGER NOT NULL, spent_units INTEGER NOT NULL,
    PRIMARY KEY (room, brand, platform)) STRICT;
CREATE TABLE chunks (
    stream TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (stream, number)) STRICT;
CREATE TABLE uploads (
    stream TEXT PRIMARY KEY, chunks INTEGER NOT NULL, rows INTEGER NOT NULL,
    width INTEGER NOT NULL, commitment TEXT NOT NULL) STRICT;
CREATE TABLE datasets (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, room TEXT NOT NULL, party TEXT NOT NULL,
    name TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
    manifest TEXT NOT NULL, dictionary TEXT NOT NULL, created INTEGER NOT NULL,
    UNIQUE (room, party, name, version)) STRICT;
CREATE INDEX datasets_room ON datasets (room, number);
CREATE TABLE alignments (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, room TEXT NOT NULL, state TEXT NOT NULL,
    attempt INTEGER NOT NULL, document TEXT NOT NULL, brand TEXT NOT NULL, platform TEXT NOT NULL,
    reason TEXT, created INTEGER NOT NULL) STRICT;
CREATE INDEX alignments_room ON alignments (room, number);
CREATE TABLE participations (
    alignment TEXT NOT NULL, attempt INTEGER NOT NULL, party TEXT NOT NULL, people INTEGER NOT NULL,
    transcript TEXT, PRIMARY KEY (alignment, attempt, party)) STRICT;
CREATE TABLE messages (
    alignment TEXT NOT NULL, attempt INTEGER NOT NULL, sender TEXT NOT NULL,
    number INTEGER NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, taken INTEGER NOT NULL,
    PRIMARY KEY (alignment, attempt, sender, number)) STRICT;
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, room TEXT NOT NULL, state TEXT NOT NULL,
    name TEXT NOT NULL, document TEXT NOT NULL, question TEXT NOT NULL,
    brand TEXT NOT NULL, platform TEXT NOT NULL, receiver TEXT NOT NULL, value_owner TEXT,
    brand_dataset TEXT NOT NULL, platform_dataset TEXT NOT NULL,
    facts TEXT NOT NULL, noise BLOB NOT NULL, problem TEXT, release TEXT,
    tidy INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
CREATE INDEX jobs_room ON jobs (room, number);
CREATE INDEX jobs_question ON jobs (room, question);
CREATE INDEX jobs_state ON jobs (state, tidy);
CREATE TABLE sides (
    job TEXT NOT NULL, side TEXT NOT NULL, approved INTEGER NOT NULL DEFAULT 0,
    rows INTEGER, labels INTEGER, PRIMARY KEY (job, side)) STRICT;
CREATE TABLE steps (
    job TEXT NOT NULL, side TEXT NOT NULL, step TEXT NOT NULL,
    PRIMARY KEY (job, side, step)) STRICT;
CREATE TABLE events (
    job TEXT NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL, state TEXT NOT NULL,
    detail TEXT NOT NULL, PRIMARY KEY (job, number)) STRICT;
CREATE TABLE compute (
    job TEXT PRIMARY KEY, phase TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, fence INTEGER NOT NULL DEFAULT 0,
    lease INTEGER NOT NULL DEFAULT 0, reason TEXT) STRICT;
CREATE INDEX compute_due ON compute (state, due);
"""
