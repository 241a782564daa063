"""Say in plain words what a party consents to by signing a room: the command line's and the page's.

Both show what this returns and nothing else, so they cannot say different things.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cleanroom.documents.agreement import Agreement, Card, DatasetTerms, Grant, MeasureTerms, Policy
from cleanroom.documents.serving import ServingTerms
from cleanroom.privacy.accounting import epsilon_of
from cleanroom.report import TABLE, Language, said, word
from cleanroom.report.html import figure
from cleanroom.room import periods
from cleanroom.room.members import partners
from cleanroom.words.tell import people
from cleanroom.words.times import length
from protocols.signing import fingerprint

FACTOR_DIGITS = 3


@dataclass(frozen=True)
class Line:
    """One thing to know; ``alarm`` marks what nobody should sign."""

    name: str
    text: str
    alarm: bool = False


@dataclass(frozen=True)
class Part:
    """Lines under one heading."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Reader:
    """Who reads: its own name, the cards that it keeps of others, and its language.

    ``signed`` are the members of the room as this party itself signed it, none before it did.
    """

    name: str
    cards: Mapping[str, Card]
    language: Language = "en"
    signed: Sequence[Card] = ()

    def say(self, key: str, **values: object) -> str:
        """Return a message of consent in the reader's language."""
        return word(f"consent.{key}", self.language, **values)


def consent(agreement: Agreement, state: str, reader: Reader) -> tuple[Part, ...]:
    """Return all that a signer has to know of a room, the gravest first."""
    return (
        Part(reader.say("grants"), _grants(agreement, reader)),
        Part(reader.say("learns"), _learns(agreement, reader)),
        Part(reader.say("members"), _members(agreement, reader)),
        Part(reader.say("data"), _data(agreement, reader)),
        Part(reader.say("bounds"), _bounds(agreement, reader)),
        Part(reader.say("room"), _room(agreement, state, reader)),
    )


def _grants(agreement: Agreement, reader: Reader) -> tuple[Line, ...]:
    return (*_given(agreement, reader), *_purposes(agreement, reader))


def _purposes(agreement: Agreement, reader: Reader) -> tuple[Line, ...]:
    """Say what answers may be used for, where the agreement lists it."""
    if not agreement.purposes:
        return ()
    text = reader.say("purposes.text", names=_listed(agreement.purposes, reader))
    return (Line(reader.say("purposes"), text),)


def _given(agreement: Agreement, reader: Reader) -> tuple[Line, ...]:
    lines = tuple(Line(grant.party, _grant(grant, reader)) for grant in agreement.grants)
    kind = "rehearsal" if agreement.rehearsal else "none"
    return lines or (Line("–", reader.say(f"grants.{kind}")),)


def _grant(grant: Grant, reader: Reader) -> str:
    purposes = _listed(grant.purposes, reader) if grant.purposes else reader.say("purposes.any")
    values = {"party": grant.party, "minimum": f"{grant.minimum:,}", "purposes": purposes}
    if grant.serving is not None:
        values |= _serving(grant.serving, reader)
    return reader.say(grant.kind, **values)


def _serving(terms: ServingTerms, reader: Reader) -> dict[str, str]:
    return {
        "platform": terms.platform,
        "audience": terms.audience,
        "values": _listed(terms.values, reader),
        "where": reader.say("serving.where", where=" & ".join(terms.where)) if terms.where else "",
        "second": f"{terms.per_second:,}",
        "day": f"{terms.per_day:,}",
        "date": _date(terms.ends),
    }


def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def _learns(agreement: Agreement, reader: Reader) -> tuple[Line, ...]:
    language = reader.language
    lines = [
        Line(said(f"template.{name}", language), said(f"asks.{name}", language))
        for name in agreement.templates
    ]
    # One line for all data with the same receivers: repeated, it would be skipped over.
    about: dict[str, list[str]] = {}
    for terms in agreement.datasets:
        about.setdefault(_receivers(terms, reader), []).append(f"{terms.party}/{terms.name}")
    lines += [
        Line(
            reader.say("receivers"),
            reader.say("receivers.text", data=_listed(named, reader), receivers=receivers),
        )
        for receivers, named in about.items()
    ]
    lines.append(Line(word("mediator", language), reader.say("learns.mediator")))
    if agreement.by_role("auditor"):
        lines.append(Line(word("auditor", language), reader.say("learns.auditor")))
    if agreement.by_role("agency"):
        lines.append(Line(word("agency", language), reader.say("learns.agency")))
    if len(agreement.parties) > 2:
        lines.append(Line(reader.say("others"), reader.say("learns.others")))
    return tuple(lines)


def _receivers(terms: DatasetTerms, reader: Reader) -> str:
    if not terms.receivers:
        return reader.say("receivers.all")
    return reader.say("receivers.only", names=_listed(terms.receivers, reader))


def _members(agreement: Agreement, reader: Reader) -> tuple[Line, ...]:
    return tuple(_member(card, reader) for card in agreement.members)


def _member(card: Card, reader: Reader) -> Line:
    kept = reader.cards.get(card.name)
    if card.name == reader.name:
        known = "own"
    elif kept is None:
        known = "unknown"
    else:
        # By what was signed at home: the mediator's word that a room is active proves nothing.
        replaced = "replaced" if card in reader.signed else "differs"
        known = "known" if kept == card else replaced
    signing, sealing = card.fingerprints()
    role, told = word(card.role, reader.language), reader.say(known)
    text = reader.say("member", role=role, signing=signing, sealing=sealing, known=told)
    return Line(card.name, text, alarm=known == "differs")


def _data(agreement: Agreement, reader: Reader) -> tuple[Line, ...]:
    lines = tuple(
        Line(
            f"{terms.party}/{terms.name}",
            _dataset(terms, reader) + _partners(agreement, terms, reader),
        )
        for terms in agreement.datasets
    )
    return lines or (Line("–", reader.say("data.none")),)


def _dataset(terms: DatasetTerms, reader: Reader) -> str:
    several = "dataset.several" if terms.further_profiles else "dataset"
    return reader.say(
        several,
        kind=reader.say(terms.kind),
        profile=_listed([_profile(one, reader) for one in terms.profiles], reader),
        labels=_listed(terms.labels, reader),
        measures=_listed([_measure(one, reader) for one in terms.measures], reader),
        receivers=_receivers(terms, reader),
    )


def _partners(agreement: Agreement, terms: DatasetTerms, reader: Reader) -> str:
    """Say with whom a dataset may be joined, where there are more than two parties."""
    if len(agreement.parties) == 2:
        return ""
    names = partners(agreement, terms.party, terms.name)
    return reader.say("partners", names=_listed(names, reader))


def _profile(profile: str, reader: Reader) -> str:
    kind = f"profile.{profile.split(':', maxsplit=1)[0]}"
    return reader.say(kind, name=profile) if f"consent.{kind}" in TABLE else profile


def _measure(measure: MeasureTerms, reader: Reader) -> str:
    low, high = (
        figure(value / 10**measure.decimals) for value in (measure.minimum, measure.maximum)
    )
    return reader.say("measure", name=measure.name, low=low, high=high)


def _bounds(agreement: Agreement, reader: Reader) -> tuple[Line, ...]:
    policy, language = agreement.policy, reader.language
    silent = policy.noise == "none"
    noise = said(f"noise.{policy.noise}", language)
    profile = word(f"paillier.{policy.paillier_profile}", language)
    profiles = _listed(policy.alignment, reader)
    texts = {
        "k": reader.say("k.text", people=people(policy.k_min, reader.language)),
        "noise": reader.say("noise.none" if silent else "noise.text", noise=noise),
        "budget": _budget(policy, reader)
        + (reader.say("budget.pairs") if len(agreement.parties) > 2 else ""),
        "meaning": reader.say("meaning.none") if silent else _meaning(agreement, reader),
        "approval": reader.say(f"approval.{policy.approval}"),
        "alignment": reader.say(
            "alignment.period" if policy.period else "alignment.text",
            profiles=profiles,
            count=policy.alignments_max,
        )
        + (reader.say("alignment.realign") if policy.realign else ""),
        "encryption": reader.say("encryption.text", bits=policy.paillier_bits, profile=profile)
        + (reader.say("encryption.lattice") if "lattice" in policy.rows else ""),
    }
    texts["retention"] = kept_for(policy, reader.language) or reader.say("retention.none")
    lines = [Line(reader.say(name), text) for name, text in texts.items()]
    for one in agreement.intent_weights:
        weights = [f"{name} {figure(weight)}" for name, weight in one.weights.items()]
        title = reader.say("weights", industry=one.industry)
        lines.append(Line(title, _listed(weights, reader)))
    return tuple(lines)


def kept_for(policy: Policy, language: Language) -> str:
    """Say how long what a room is made of is kept; nothing where there is no end."""
    if policy.retention is None:
        return ""
    lengths = policy.retention.to_json().items()
    shown = {name: length(seconds, language) for name, seconds in lengths}
    return word("consent.retention.text", language, **shown)


def _budget(policy: Policy, reader: Reader) -> str:
    shared = {
        "rho": figure(policy.rho_budget, 6),
        "job": figure(policy.rho_per_release, 6),
        "most": f"{policy.jobs_max:,}",
        "count": f"{int(policy.rho_budget / policy.rho_per_release + 1e-9):,}",
    }
    text = reader.say("budget.text", **shared)
    if policy.period and policy.period_start is not None and policy.rho_lifetime:
        more = {"length": length(policy.period, reader.language)}
        more |= {"date": _date(policy.period_start), "lifetime": figure(policy.rho_lifetime, 6)}
        text = reader.say("budget.periods", **shared, **more)
    return text + reader.say("budget.when")


def of_period(policy: Policy, number: int, language: Language) -> str:
    """Say which period a figure is of; nothing where there are none."""
    ends = periods.bounds(policy, number)
    if ends is None:
        return ""
    first, end = (_date(one) for one in ends)
    return word("period", language, first=first, end=end)


def _meaning(agreement: Agreement, reader: Reader) -> str:
    policy = agreement.policy
    epsilon = epsilon_of(policy.rho_budget, policy.delta)
    factor = f"e^{epsilon:.1f}"
    if epsilon < math.log(1e6):
        factor = f"{float(f'{math.exp(epsilon):.3g}'):,.7g}"
    text = reader.say(
        "meaning.text", factor=factor, epsilon=figure(epsilon, 2), delta=f"{policy.delta:g}"
    )
    if policy.rho_lifetime is None:
        return text
    most = {"year": periods.most_within(policy, periods.YEAR), "ever": policy.rho_lifetime}
    shown = {name: figure(epsilon_of(rho, policy.delta), 2) for name, rho in most.items()}
    return text + reader.say(
        "meaning.periods", **shown, **{f"{name}_rho": figure(rho, 6) for name, rho in most.items()}
    )


def _room(agreement: Agreement, state: str, reader: Reader) -> tuple[Line, ...]:
    kind = "rehearsal" if agreement.rehearsal else "live"
    date = _date(agreement.policy.expires)
    key = fingerprint(bytes.fromhex(agreement.mediator_key))
    mediator = reader.say("mediator.text", origin=agreement.origin, print=key)
    language = reader.language
    lines = [
        Line(word("console.name", language), agreement.name),
        Line(word("console.state", language), said(f"roomstate.{state}", language)),
        Line(reader.say("kind"), reader.say(kind)),
        Line(reader.say("ends"), reader.say("expires", date=date)),
        Line(reader.say("mediator"), mediator),
        Line(word("console.identifier", language), agreement.identity()),
    ]
    if agreement.stage_rules is not None:
        lines.append(Line(reader.say("stage_rules"), agreement.stage_rules))
    return tuple(lines)


def _listed(names: tuple[str, ...] | list[str], reader: Reader) -> str:
    if not names:
        return reader.say("none")
    return ("、" if reader.language == "zh" else ", ").join(names)
