"""A whole job by hand: two parties of five people, from identifiers to released numbers.

Brand ``acme`` knows what people spent, platform ``tube`` their age.  The platform asks for people
and spend by age, so that everything occurs: masks, both noise shares, padding, a refund, a group
below the threshold and one that is pooled with it so that the first cannot be told.
"""

import hashlib

from tests.vectors.independent import curve, paillier
from tests.vectors.independent import messages as m

PROFILE = "email:uid2:v1"
BRAND = [
    (" Ann.Smith+list@gmail.com", "annsmith@gmail.com", 777),
    ("bob@example.com", "bob@example.com", 1999),
    ("CAT@Example.com", "cat@example.com", -500),
    ("dan@example.com ", "dan@example.com", 4250),
    ("张三@例子.测试", "张三@例子.测试", 1),
]
PLATFORM = [
    ("张三@例子.测试", "张三@例子.测试", "35-44"),
    ("fay@example.com", "fay@example.com", "25-34"),
    ("Bob@example.com", "bob@example.com", "18-24"),
    ("dan@example.com", "dan@example.com", "25-34"),
    ("cat@example.com", "cat@example.com", "18-24"),
]
AGES = ["18-24", "25-34", "35-44"]
ROWS = 64
PEOPLE_NOISE = {"18-24": 1, "25-34": 0, "35-44": 1}
PEER_PEOPLE = {"18-24": 0, "25-34": 1, "35-44": -1, "other": 2}
SLOT_NOISE = {"18-24": 3, "25-34": -2, "35-44": 5, "other": -7}
OWNER_NOISE = [1, 2, -3, 4]
PLACES = {"18-24": 2, "other": 0}
KEYS = {
    "brand": paillier.Key(
        0xC3FC393860FE7DDDD4FEF5508BD5CF336EA469E8B2E7CDF435A075CAFD1E9643,
        0xCA9AE9446B57AEC11F7628C245C91D0549883762696FB080DE5E7FD975A23C07,
    ),
    "platform": paillier.Key(
        0xD2D32D0243B39B647E42BEDF5A9A462B8705748CA7481FEFA3D5A48501C92077,
        0xD7070E297BE603F6DF4EA5D4B1655F8C9E0522A697F200BB4DB217167ABF1AC3,
    ),
}


def seeds(side: str) -> dict[str, bytes]:
    """Return the private keys of a side: signing, sealing, label key and alignment scalar."""
    kinds = ("signing", "sealing", "labels", "scalar")
    found = {kind: m.stream(f"{side} {kind}", 32) for kind in kinds}
    return {**found, "scalar": curve.clamp(found["scalar"])}


def card(side: str, name: str) -> dict:
    own = seeds(side)
    return {
        "name": name,
        "role": side,
        "signing_key": m.verifying_key(own["signing"]).hex(),
        "sealing_key": m.public(own["sealing"]).hex(),
    }


SPEND = {"name": "spend", "minimum": -100000, "maximum": 1000000, "decimals": 2}
AGREEMENT = {
    "version": 1,
    "name": "spring",
    "rehearsal": True,
    "nonce": "00" * 16,
    "origin": "mediator.example/log",
    "mediator_key": m.verifying_key(m.stream("mediator signing", 32)).hex(),
    "members": [card("brand", "acme"), card("platform", "tube")],
    "datasets": [
        {"party": "acme", "name": "buyers", "kind": "audience", "identifier_profile": PROFILE,
         "labels": [], "measures": [SPEND], "receivers": []},
        {"party": "tube", "name": "viewers", "kind": "audience", "identifier_profile": PROFILE,
         "labels": ["age"], "measures": [], "receivers": []},
    ],
    "templates": ["overlap"],
    "policy": {
        "k_min": 1, "noise": "discrete-gaussian", "rho_per_release": 100, "rho_budget": 1000,
        "delta": 0.001, "alignment": ["dh"], "approval": "manual", "alignments_max": 20,
        "rows_max": 1000, "jobs_max": 1000, "paillier_bits": 512, "paillier_profile": "strict",
        "expires": 2000000000,
    },
    "grants": [],
    "stage_rules": None,
    "intent_weights": [],
}  # fmt: skip
ROOM = m.identity(AGREEMENT)


def manifest(side: str, party: str, peer: str, name: str, **columns: list) -> dict:
    return {
        "party": party, "peer": peer, "name": name, "version": 1, "kind": "audience",
        "identifier_profile": PROFILE, "rows": ROWS, "people": ROWS,
        "nonce": m.stream(f"{side} upload", 16).hex(), **columns,
    }  # fmt: skip


def age_pseudonyms() -> dict[str, bytes]:
    key, upload = seeds("platform")["labels"], m.stream("platform upload", 16)
    return {age: m.pseudonym(key, "age", upload, age) for age in AGES}


AGE = {
    "name": "age",
    "domain": sorted(pseudonym.hex() for pseudonym in age_pseudonyms().values()),
    "shared": False,
}
MANIFESTS = {
    "brand": manifest("brand", "acme", "tube", "buyers", labels=[], measures=[SPEND]),
    "platform": manifest("platform", "tube", "acme", "viewers", labels=[AGE], measures=[]),
}
DATASETS = {side: m.identity(document) for side, document in MANIFESTS.items()}
ALIGNMENT_DOCUMENT = {
    "room": ROOM.hex(),
    "brand": "acme",
    "platform": "tube",
    "profile": "dh",
    "brand_datasets": [DATASETS["brand"].hex()],
    "platform_datasets": [DATASETS["platform"].hex()],
    "nonce": m.stream("alignment", 16).hex(),
}
ALIGNMENT = m.identity(ALIGNMENT_DOCUMENT)
JOB = {
    "version": 1, "room": ROOM.hex(), "name": "spend-by-age", "template": "overlap",
    "alignment": ALIGNMENT.hex(), "brand": DATASETS["brand"].hex(),
    "platform": DATASETS["platform"].hex(), "receiver": "platform", "submitter": "platform",
    "parameters": {"group_by": ["platform.age"], "measures": ["spend"]},
    "rho": None, "private": None, "sealed": "",
}  # fmt: skip


def secret(normalised: str) -> bytes:
    """Return T of one person, from both scalars at once."""
    dst = b"cleanroom-v1-alignment-dh-" + ROOM + ALIGNMENT + b"curve25519_XMD:SHA-512_ELL2_RO_"
    point = curve.hash_to_curve(PROFILE.encode() + b"\0" + normalised.encode(), dst)
    values = [curve.x25519(seeds(side)["scalar"], point) for side in ("brand", "platform")]
    kdf = hashlib.blake2b(digest_size=32, person=b"cleanroom-v1-T")
    kdf.update(ROOM + ALIGNMENT + b"".join(values))
    return kdf.digest()


def order(side: str) -> list[int]:
    """Return the person at each uploaded place, numbers past the fifth being padding."""
    keys = m.stream(f"{side} order", 16 * ROWS)
    return sorted(range(ROWS), key=lambda row: keys[16 * row : 16 * row + 16])


def tokens(side: str) -> list[bytes]:
    people = [row[1] for row in (BRAND if side == "brand" else PLATFORM)]
    found = []
    for row in order(side):
        if row < len(people):
            scope = ALIGNMENT, DATASETS["brand"], DATASETS["platform"]
            found.append(m.audience_token(secret(people[row]), *scope))
        else:
            found.append(m.stream(f"{side} padding {row}", 16))
    return found


def root(side: str, purpose: str) -> int:
    key = KEYS[side]
    return int.from_bytes(m.stream(f"root {side} {purpose}", key.width), "big") % key.n


def uploads() -> dict[str, list[bytes]]:
    """Return the uploaded rows: the brand's ciphertexts, the platform's pseudonyms."""
    key, of = KEYS["brand"], list(age_pseudonyms().values())
    brand = [
        key.encrypt(
            paillier.pack([1, BRAND[row][2]] if row < len(BRAND) else [0, 0]),
            root("brand", f"row {row}"),
        ).to_bytes(key.width, "big")
        for row in order("brand")
    ]
    platform = [
        age_pseudonyms()[PLATFORM[row][2]] if row < len(PLATFORM) else of[row % len(of)]
        for row in order("platform")
    ]
    return {"brand": brand, "platform": platform}


def commitment(salt: bytes, rows: list[bytes]) -> bytes:
    """Return the commitment to rows that fit one chunk."""
    return hashlib.sha256(salt + hashlib.sha256(b"".join(rows)).digest()).digest()


def outputs() -> list[str]:
    """Return the groups in the order of their numbers: cells by pseudonym, then other."""
    label = {pseudonym.hex(): age for age, pseudonym in age_pseudonyms().items()}
    return [*(label[pseudonym] for pseudonym in AGE["domain"]), "other"]


def blinds() -> list[int]:
    return [root("brand", f"R {place}") for place in range(4)]


def answer() -> dict:
    """Count, pool and sum in clear; tau = 1 + ceil(4.753 * 0.1) = 2."""
    ages = {name: age for _, name, age in PLATFORM}
    known = [(ages[name], spend) for _, name, spend in BRAND if name in ages]
    noised = {age: sum(a == age for a, _ in known) + PEOPLE_NOISE[age] for age in AGES}
    assert noised == {"18-24": 3, "25-34": 1, "35-44": 2}
    # 25-34 is below tau and alone; the smallest released group, 35-44, joins it.
    groups = {"18-24": ["18-24"], "other": ["25-34", "35-44"]}
    return {
        name: {
            "people": sum(noised[age] for age in group) + PEER_PEOPLE[name],
            "spend": sum(spend for age, spend in known if age in group)
            + SLOT_NOISE[name] + OWNER_NOISE[PLACES[name]],
        }
        for name, group in groups.items()
    }  # fmt: skip


def release() -> dict[str, list[str]]:
    """Return the ciphertexts that the mediator could have released, place by place."""
    brand, receiver = KEYS["brand"], KEYS["platform"]
    ages = {name: age for _, name, age in PLATFORM}
    groups = {2: ("18-24", ["18-24"]), 0: ("other", ["25-34", "35-44"])}
    measures, people = [], []
    for place in range(4):
        name, members = groups.get(place, ("", []))
        total = sum(spend for _, who, spend in BRAND if ages.get(who) in members)
        count = sum(ages.get(who) in members for _, who, _ in BRAND)
        fillers = [int.from_bytes(m.stream(f"filler {place} {s}", 15), "big") for s in range(3)]
        fillers = [fillers[0] + 2**62, fillers[1] % 2**64, fillers[2] + 2**62]
        top = int.from_bytes(m.stream(f"top {place}", 15), "big")
        mask = paillier.mask(3, {1: SLOT_NOISE.get(name, 0)}, fillers, top)
        plain = paillier.pack([count, total]) + mask + blinds()[place]
        measures.append(brand.write(brand.encrypt(plain, root("brand", f"place {place}"))))
        if members:
            noised = count + sum(PEOPLE_NOISE[age] for age in members) + PEER_PEOPLE[name]
            people.append(receiver.write(receiver.encrypt(noised, root("platform", name))))
    return {"people": people, "measures": measures}


def decrypted() -> list[int]:
    """Return what the owner seals to the receiver: masked sums with its own noise."""
    key = KEYS["brand"]
    plain = [key.decrypt(int(row, 16)) for row in release()["measures"]]
    fills = owner_fills()
    return [
        (n + (share << 128) + first + (last << 256)) % key.n
        for n, share, (first, last) in zip(plain, OWNER_NOISE, fills, strict=True)
    ]


def owner_fills() -> list[list[int]]:
    """Return what the owner adds to slots 0 and 2, which are not released, place by place."""
    streams = [[m.stream(f"owner {place} {s}", 15) for s in (0, 2)] for place in range(4)]
    return [[int.from_bytes(one, "big") + 2**62 for one in pair] for pair in streams]
