"""Upload over a line that is cut again and again; count what was sent more than once.

python benchmarks/resume.py --mebibytes 1024 --cuts 50
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

import numpy as np

from cleanroom.agent.http import Client, Transport
from cleanroom.agent.uploads import send_rows
from protocols import limits
from tests.api import story
from tests.api.party import world
from tests.hostile.listening import Line, listening


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(Path(folder), options), indent=1))


def run(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Send rows of label pseudonyms; cut the line at random places."""
    width = limits.PSEUDONYM_BYTES
    per = limits.rows_per_chunk(width)
    rows = options.mebibytes * per
    pattern = np.frombuffer(bytes.fromhex(story.AGES[0]), dtype=np.uint8)
    data = np.lib.stride_tricks.as_strided(pattern, shape=(rows, width), strides=(0, 1))
    places = random.Random(options.seed).sample(range(1 << 16, rows * width), options.cuts)
    with world(folder / "mediator") as place:
        place.open_room(rows_max=1 << 30)
        dataset = story.create(place.platform, story.manifest("platform", rows=rows))
        with listening(place.mediator) as address:
            line = Line(address, places)
            client = Client(Transport(line.url, place.platform.key))
            start = time.monotonic()
            upload = send_rows(client, f"/v1/datasets/{dataset}/chunks", data)
            seconds = time.monotonic() - start
            client.close()
            line.close()
        place.reopen()
        body = {"dataset": dataset, "upload": upload.to_json()}
        place.platform.must_say(f"/v1/datasets/{dataset}/seal", "dataset.seal", body)
    more = line.sent - rows * width
    return {
        "mebibytes": options.mebibytes,
        "cuts": line.done_cuts,
        "seconds": round(seconds, 1),
        "bytes_beyond_one_upload": more,
        "of_which_heads_at_most": (upload.chunks + options.cuts) * 1024,
        "chunks_sent_again_per_cut": round(more / max(1, line.done_cuts) / limits.CHUNK_BYTES, 3),
    }


if __name__ == "__main__":
    main()
