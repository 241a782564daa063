"""Run one of the field's intersection programs on two files, both parties on this machine.

    python peers.py spu-rr22|spu-kkrt|spu-ecdh|openmined FOLDER

FOLDER holds ``brand.csv`` and ``platform.csv`` with a column ``id``.  Prints one JSON line: wall
seconds of the protocol with the result file written, processor seconds, and the matches found.
It runs in an environment of its own that has ``spu`` or ``openmined-psi``; nothing of this
project is imported.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import resource
import socket
import sys
import time
from pathlib import Path
from typing import Any

SIDES = ("brand", "platform")


def processor_seconds() -> float:
    """Return what this process and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def free_ports() -> list[int]:
    """Return two ports of loopback that are free now."""
    sockets = [socket.socket() for _ in SIDES]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def spu_party(
    rank: int, ports: list[int], name: str, folder: str, barrier: Any, answers: Any
) -> None:
    """Be one party of an intersection by spu."""
    from spu import libspu, psi  # noqa: PLC0415

    description = libspu.link.Desc()
    for side, port in zip(SIDES, ports, strict=True):
        description.add_party(side, f"127.0.0.1:{port}")
    link = libspu.link.create_brpc(description, rank)
    protocols = {
        "spu-rr22": psi.PsiProtocol.PROTOCOL_RR22,
        "spu-kkrt": psi.PsiProtocol.PROTOCOL_KKRT,
        "spu-ecdh": psi.PsiProtocol.PROTOCOL_ECDH,
    }
    protocol = psi.PsiProtocolConfig(
        protocol=protocols[name],
        broadcast_result=True,
        ecdh_params=psi.EcdhParams(curve=psi.EllipticCurveType.CURVE_FOURQ),
    )
    config = psi.PsiExecuteConfig(
        protocol_conf=protocol,
        input_params=psi.InputParams(
            path=f"{folder}/{SIDES[rank]}.csv", selected_keys=["id"], keys_unique=True
        ),
        output_params=psi.OutputParams(path=f"{folder}/spu-{SIDES[rank]}.csv"),
    )
    barrier.wait()
    started = time.perf_counter()
    report = psi.psi_execute(config, link)
    answers.put((time.perf_counter() - started, int(report.intersection_count)))
    link.stop_link()


def run_spu(name: str, folder: Path) -> tuple[float, int]:
    """Run both parties and return the slower one's seconds, and the matches."""
    context = multiprocessing.get_context("spawn")
    barrier, answers, ports = context.Barrier(2), context.Queue(), free_ports()
    parties = [
        context.Process(target=spu_party, args=(rank, ports, name, str(folder), barrier, answers))
        for rank in (0, 1)
    ]
    for party in parties:
        party.start()
    got = [answers.get(timeout=3600) for _ in parties]
    for party in parties:
        party.join()
    return max(seconds for seconds, _ in got), got[0][1]


def run_openmined(folder: Path) -> tuple[float, int]:
    """Run client and server of openmined-psi (raw, P-256) one after the other in one process."""
    from private_set_intersection import python as psi  # noqa: PLC0415

    started = time.perf_counter()
    brand, platform = (read(folder / f"{side}.csv") for side in SIDES)
    client = psi.client.CreateWithNewKey(True)
    server = psi.server.CreateWithNewKey(True)
    setup = server.CreateSetupMessage(0.0, len(brand), platform, psi.DataStructure.RAW)
    request = client.CreateRequest(brand)
    response = server.ProcessRequest(request)
    matched = client.GetIntersection(setup, response)
    with (folder / "openmined.csv").open("w", newline="") as file:
        csv.writer(file).writerows([brand[row]] for row in matched)
    return time.perf_counter() - started, len(matched)


def read(path: Path) -> list[str]:
    """Return the identifiers of a file."""
    return path.read_text().split()[1:]


def main() -> None:
    """Run what the command line names."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    before = processor_seconds()
    seconds, matches = run_openmined(folder) if name == "openmined" else run_spu(name, folder)
    used = processor_seconds() - before
    print(json.dumps({"seconds": seconds, "processor_seconds": used, "matches": matches}))


if __name__ == "__main__":
    main()
