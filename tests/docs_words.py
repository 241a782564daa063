"""The words of the generated pages that no part of the code has."""

from __future__ import annotations

from typing import Any

NOUNS = {
    "cleanroom": "A party and the auditor.",
    "cleanroom-server": "The mediator.",
    "cleanroom-console": "What `cleanroom console` starts; use that.",
}

EXIT_CODES = """
`cleanroom` is for a party and the auditor, `cleanroom-server` for the mediator. `--json` prints one
JSON document on standard output and nothing else; messages and progress go to standard error.
`--debug` anywhere adds the stack trace of a failure. Passphrases come from the environment or the
terminal, never from the command line.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | any other failure |
| 2 | wrong usage or invalid input |
| 3 | refused by policy or budget |
| 4 | the peer or the mediator broke the protocol or cannot be reached |
| 5 | an audit check failed |
| 130 | stopped with Ctrl-C |
"""

VARIABLES: dict[str, Any] = {
    "mediator": (
        "Read from the environment of `cleanroom-server run` when it starts. They bound what one "
        "party can make the mediator do; a room's agreement bounds the rest. The origin of a home "
        "is fixed by `cleanroom-server init --origin`, whatever the environment says later."
    ),
    "rows": [
        ["`CLEANROOM_HOME`", "the home of a party or of the mediator, instead of `--home`"],
        [
            "`CLEANROOM_PASSPHRASE`",
            "the passphrase of a party's home; asked for at the terminal if it is not set",
        ],
        [
            "`CLEANROOM_MEDIATOR`",
            "the mediator's address for `cleanroom party init`, instead of `--mediator`",
        ],
        ["`CLEANROOM_ROOM`", "the room that commands are about, instead of `--room`"],
        [
            "`CLEANROOM_LANGUAGE`",
            "`en` or `zh`: the language of results, refusals and messages, instead of `--language`",
        ],
    ],
}

_NOTATION = {
    "decimal": (
        "the decimal separator; if neither this nor `thousands` is declared it is a point, and a "
        "file is refused if every point in it is followed by three digits: `1.000` may be a "
        "thousand"
    ),
    "thousands": (
        'the thousands separator: with `thousands = "."` and `decimal = ","`, `1.234,5` is 1234.5, '
        "and a row with anything written differently is left out; a Parquet column of numbers "
        "needs neither"
    ),
}

MEANINGS: dict[str, dict[str, str]] = {
    "file": {
        "introduction": """
`room.toml` describes a room: what is agreed, whose file has which columns, and what is asked. A
rehearsal (`cleanroom simulate`) reads all of it. In a live room the proposer's `[room]`,
`[policy]`, `[datasets]`, `[[grants]]` and `[[intent_weights]]` become the agreement; each party
keeps a copy in which `file` says where its own file lies, and uploads from it. Unknown fields are
refused, and the refusal names them.

`PARTY` is a member's name or its role, `brand` or `platform`. A room has up to nine parties; where
there are more than two, or a rehearsal's have names of their own, write names:
`[datasets.acme.crm]`, `[datasets.douyin.users]`, `[datasets.weibo.users]`. Which of them is a brand
follows from where questions name them, or can be written down:

    [parties]
    acme = { role = "brand" }
    weibo = { role = "platform" }

Relative paths start at the folder of the room file. Dates and times are TOML's own, with an offset;
a date means its first second in UTC.
""",
        "parameters": (
            "Every further field of a `[[jobs]]` section is a parameter of its template. "
            "The template's page says what each means. Costs are a table by label, sealed between "
            "the parties, and cost no privacy: `brand_costs = { spring = 1200, search = 800.5 }` "
            "if the brand knows them, `platform_costs` if the platform does.\n\n"
            "其余字段都是模板的参数，含义见模板页。成本按标签填写，只在双方之间加密传递，不消耗隐私预算："
            "品牌方知道成本时写 `brand_costs = { spring = 1200, search = 800.5 }`，"
            "平台方知道时写 `platform_costs`。"
        ),
    },
    "defaults": {
        "policy.k_min": "`50`; in a rehearsal `1`",
        "policy.rows": '`["paillier", "lattice"]`; `["paillier"]` in older agreements',
        "policy.period_start": "when the room is proposed, with `period`",
        "policy.expires": "90 days from now",
        "room.templates": "those of the jobs",
        "job.rho": "`rho_per_release`",
    },
    "room": {
        "": "What the room is called, and whether it is a rehearsal.",
        "name": "letters, digits and `_.:-`, at most 64",
        "rehearsal": (
            'allows `noise = "none"` and `k_min` below 10, for made-up or own data only; '
            "such a room can never become a live one"
        ),
        "templates": "the templates that may be used",
        "purposes": (
            "what answers may be used for: every question names one of them, every grant some, "
            "see [purposes](../how-to/agree-on-retention.md#what-for)"
        ),
        "stage_rules": (
            "a file of rules by which both sides derive stages of AIPL; its digest is agreed"
        ),
    },
    "policy": {
        "": "The limits that every release of the room obeys.",
        "k_min": "smallest group of people that is shown; at least 10 in a live room",
        "noise": "`none` is for rehearsals",
        "rho_per_release": "most privacy (zCDP) that one job spends, and what it spends by default",
        "rho_budget": (
            "what all jobs between a brand and a platform together may spend; with `period`, "
            "those of one"
        ),
        "period": (
            'a length of time such as `"90d"`, `"12h"` or `"2w"`, after which the ledger refills; '
            "what is left of a period is not carried over, see "
            "[budgets over time](../explanation/privacy.md#budgets-over-time)"
        ),
        "period_start": "when the first period begins; TOML date or Unix seconds",
        "rho_lifetime": "what all periods together may spend; needed with `period`",
        "delta": "at which epsilon is shown: rho + 2 sqrt(rho ln(1/delta))",
        "alignment": "alignment profiles that may be used, the preferred one first",
        "approval": (
            "`auto`: agents approve what the agreement allows; `manual`: people do, job by job"
        ),
        "alignments_max": (
            "alignments of two parties over the life of the room; with `period`, in each period"
        ),
        "realign": (
            "whether the agents align new versions of what was aligned before by themselves, see "
            "[datasets that change](../how-to/refresh-a-dataset.md)"
        ),
        "retention": (
            'how long everything is kept: `"30d"`, or `{ rows = "30d", alignments = "30d", '
            'messages = "7d", answers = "90d" }`, see '
            "[retention](../how-to/agree-on-retention.md); without it, until its owner withdraws "
            "it"
        ),
        "rows_max": "rows of one dataset",
        "jobs_max": "questions between two parties over the life of the room, whatever they cost",
        "paillier_bits": "length of the keys that encrypt measures; short ones are for rehearsals",
        "rows": (
            "how rows with values may be encrypted; with `lattice` allowed, datasets of "
            "8,192 rows or more send their values with each question, under keys for it alone, see "
            "[lattice rows](../explanation/lattice-rows.md)"
        ),
        "paillier_profile": (
            "how owners draw the randomness of their rows: `strict` assumes nothing beyond "
            "Paillier; `fast` costs a quarter to a third and adds an assumption, see "
            "[performance](../explanation/performance.md#the-fast-profile-of-encryption)"
        ),
        "expires": "the room's end; TOML date or Unix seconds",
    },
    "dataset": {
        "": "One file of one party, under the name by which jobs use it.",
        "file": (
            "CSV (RFC 4180, UTF-8, header) or Parquet, relative to the room file: a file, a folder,"
            " a pattern, a Delta table or a URL; needed unless there is a query, see"
            " [read from elsewhere](../how-to/read-from-elsewhere.md)"
        ),
        "query": "one SELECT whose rows are the data, instead of a file",
        "source": (
            "what answers the query: `duckdb`, `duckdb:FILE`, `sqlite:FILE` or the address of a"
            " database"
        ),
        "kind": "`audience`: one row per person; `events`: many",
        "id": (
            "the identifier, below, or a list of up to three of different kinds, see "
            "[several identifiers](../how-to/prepare-identifiers.md#several-identifiers-a-person)"
        ),
        "labels": "columns that questions may group by",
        "buckets": "more labels, cut from columns of numbers, below",
        "domains": (
            "the values of a label, declared in advance, so that nobody sees which of them occur; "
            "a row with any other value is left out"
        ),
        "key": (
            "for events: a column, such as the order number, that identifies each event; of rows "
            "with the same key the first counts, and the others are counted as duplicates"
        ),
        "duplicates": (
            "two rows of one person in an audience: refuse the file, keep the first, "
            "or add the measures up"
        ),
        "measures": "numbers that may be summed, below",
        "keep": (
            "columns with the values that a row may have; any other row is left out: "
            '`keep = { status = ["paid", "交易成功"] }`; `""` is an empty cell or a word for no '
            "value; see [rows that count](../how-to/prepare-identifiers.md#rows-that-count)"
        ),
        "time": (
            "when an event was: the column's name alone for Unix seconds or ISO 8601 with an "
            "offset, or a table, below"
        ),
        "action": "clicks and views, below",
        "partners": (
            "the names of the members whose data it may be joined with; every party of the other "
            "role if none is named. It is uploaded once for all of them"
        ),
    },
    "id": {
        "": 'In one line: `id = { column = "email", profile = "email:uid2:v1" }`.',
        "column": "column of the identifier",
        "profile": "how it is normalised; see [identifiers](../how-to/prepare-identifiers.md)",
        "nulls": (
            "more values that stand for nobody, such as `visitor`; see "
            "[identifiers](identifiers.md#words-for-no-value)"
        ),
        "not_nulls": "words for no value that are people in this column, such as `na`",
        "region": "two letters such as `CN`, for phone numbers without a country code",
    },
    "measure": {
        "": 'One line a measure: `spend = { column = "spend", max = 1000, decimals = 2 }`.',
        "column": "column of the number",
        **_NOTATION,
        "min": "least value, in the unit of the file",
        "max": "greatest value, in the unit of the file; noise on sums grows with it",
        "decimals": "decimal places: with 2, `19.99` is counted as 1999, exactly",
        "out_of_range": "move a value to the nearest bound and count it, or refuse the file",
    },
    "bucket": {
        "": 'One line a label: `spend_band = { column = "spend", edges = [0, 100, 500] }`.',
        "column": "column of the number; it may be a measure too",
        **_NOTATION,
        "edges": (
            "rising numbers, each the lower end of its bucket: these give the labels `0-100` (100 "
            "excluded), `100-500`, `500+`. A row below the first is unusable, unless that is "
            "`-inf`: then there is a label `<0`. An empty cell is `unknown`; a cell that is not a "
            "number is unusable. The edges give the labels, so nothing has to be declared"
        ),
    },
    "time": {
        "": (
            'In one line: `time = { column = "at", format = "%Y-%m-%d %H:%M", '
            'zone = "Asia/Shanghai" }`. A row whose cell does not match is left '
            "out; the cell is never read in any other way."
        ),
        "column": "column of the time",
        "format": (
            "a pattern of `%Y %y %m %b %d %H %I %p %M %S %f %z` and what is between them (`%y` "
            "is 2000 to 2099, `%b` an English month, `%p` AM, p. m., 上午, 午後, 오후 and "
            "the like); or `seconds`, `milliseconds`, `microseconds` of Unix time; or "
            "`spreadsheet-days`; if left out, Unix seconds or ISO 8601"
        ),
        "zone": (
            "where local times were taken, by the IANA time zone database, such as "
            "`Asia/Shanghai`, or a fixed offset such as `+08:00`; needed for a "
            "pattern without `%z` and for `spreadsheet-days`, and refused with `seconds`, "
            "`milliseconds`, `microseconds` and `%z`, which say the instant by themselves; without "
            "a format, needed only if cells have no offset. Names that are easily mistaken "
            "are refused: `Etc/GMT+8` is west of Greenwich, "
            "`EST` has no summer time"
        ),
        "repeated": (
            "which of two equal local times is meant when clocks are set back; by default their "
            "rows are left out, as are times that the clocks skipped"
        ),
    },
    "action": {
        "": 'In one line: `action = { column = "action", click = "click", view = "view" }`.',
        "column": "column that distinguishes clicks from views",
        "click": "what a click is called there",
        "view": "what a view is called there",
    },
    "job": {
        "": "One question. There may be as many as you like.",
        "name": "what you and the other party will call it",
        "template": "one of the [templates](templates)",
        "brand": "the brand's dataset; `acme.crm` where several brands have a dataset of that name",
        "platform": "the platform's dataset; `douyin.users` likewise",
        "receiver": "who gets the answer: `brand`, `platform`, or the name of one of the two",
        "rho": "privacy to spend, at most `rho_per_release`",
        "purpose": "one of the room's `purposes`; needed where it lists several",
        "others": (
            'instead of `brand` and `platform`: `hub = "acme.crm"` and `with = ["douyin.users", '
            '"weibo.users"]` for a question about one dataset and up to eight of the other side; '
            '`hub = "douyin.users"` and `with = ["acme.sends", "zeta.sends"]` where a platform has '
            "it, which `[parties]` says ([`overlap`](templates/overlap.md#over-several-datasets), "
            "[`cross_reach`](templates/cross_reach.md), "
            "[`cross_attribution`](templates/cross_attribution.md))"
        ),
        "hub_side": "`platform` if the hub is a platform's and nothing else in the file says so",
    },
    "grant": {
        "": "Consent of a member to something that a room does not allow by itself.",
        "party": (
            "the member that grants: the name on its card, or its role if no other has that role"
        ),
        "kind": (
            "`activation`: the platform may learn which of its rows matched; `base-counts`: counts "
            "of the whole dataset may be released with noise; `public-base`: without; "
            "`shared-credit`: the platform may receive an answer for which it adds credit up itself"
            "; `serving`: the platform may ask about individual visitors "
            "([how](../how-to/serve-labels.md))"
        ),
        "purposes": "for activation and serving: what a segment or an answer may be used for",
        "minimum": "for activation and serving: smallest size of the segment or audience",
        "serving": "for serving, and needed there: its terms, below",
    },
    "serving": {
        "": "What a platform may ask about individual people. None of it is covered by the budget.",
        "platform": "the platform that asks: the name on its card, or `platform` if there is one",
        "audience": "the brand's audience: its people are distinguished from others",
        "label": "the label column whose value is answered; without it, whether somebody is in it",
        "values": "the labels that are answered, 8 at most; everybody else counts as not in it. "
        "Without `label`, one name for the audience",
        "where": "who of the audience is served: conditions on its own labels, or a segment "
        "(`segment = 'loyal'`) of the file or, in an amendment, saved for the room; both sides "
        "sign the conditions, never the segment's name. The minimum applies to those who are left",
        "entries": (
            "the number of people that the published table is made for, whatever the size of the "
            "audience"
        ),
        "per_second": "most questions in a second",
        "per_day": "most questions in a day (UTC)",
        "ends": "when questions end",
    },
    "weights": {
        "": "The weights of the purchase intent index (购买意向指数, 种草指数) for one industry.",
        "industry": "the name by which a job chooses them",
        "weights": "interaction to weight",
    },
    "http": {
        "": """
The mediator speaks JSON under `/v1`; bulk rows are `application/octet-stream` in fixed-width
chunks, never compressed. `GET /v1/openapi.json` is the machine-readable form; this page is
written from it.

- **Signed.** Every request but those for health, readiness, metrics and this description carries an
  HTTP message signature (RFC 9421, Ed25519) over method, path, query, content digest, idempotency
  key, `created` and a nonce. A nonce is accepted once; a request is valid for five minutes.
- **Statements.** What binds a party is a signed statement in the body (`StatementRequest`),
  numbered and chained to the party's last one; it goes into the room's log. A wrong position in the
  chain is answered with 409, `expected_sequence` and `expected_previous`.
- **Repeatable.** A POST with an `Idempotency-Key` is answered once and repeated from memory.
- **Paged.** Lists return `items` and `next`; pass `next` as `cursor`.
- **Slow things** answer 202 with `Location`; `GET /v1/work` says what is waiting for the caller.
- **Waiting.** `wait` holds an answer back until there is something new, for so many seconds at most
  and never longer than the mediator's `long_poll_seconds`; a job or an alignment is held back while
  it is in the `state` that the request names. A key can have eight waiting requests at most, and
  some threads never wait: beyond that an answer comes at once with nothing new in it; ask again
  after a pause.
""",
        "problems": """
Refusals are `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail` and
`instance`, and where it applies `rule` (a stable name) and `row`. `Retry-After` is set where
waiting helps. What a party may not know about does not exist for it: 404. So is a dataset, or
anything else, that an address or a body names by an identifier that nothing has; a text that can be
no identifier is 422.
""",
        "caps": "Rules that count something have their own status:",
    },
    "lifecycle": {
        "": (
            "A step that is not drawn is refused with `Conflict` and changes nothing. The tables "
            "in `cleanroom/room/states.py` define them; this page is written from those."
        ),
    },
}
