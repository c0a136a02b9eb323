"""Write the present hashes into weights/manifest.json; run it after making new weights.

    python scripts/update_weights_manifest.py

Keeps what is written about each file, adds files that are not listed yet (fill in what, source and
licence by hand), and drops those that are gone.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.weights_manifest import MANIFEST_NAME, WEIGHTS_FOLDER, sha256_of

SUFFIXES = (".npz", ".safetensors", ".onnx")
UNKNOWN = {"what": "", "source": "", "licence": ""}


def main() -> None:
    path = WEIGHTS_FOLDER / MANIFEST_NAME
    known = json.loads(path.read_text("utf-8"))["files"] if path.exists() else {}
    present = sorted(p for p in WEIGHTS_FOLDER.iterdir() if p.suffix in SUFFIXES)
    files = {p.name: UNKNOWN | known.get(p.name, {}) | {"sha256": sha256_of(p)} for p in present}
    path.write_text(json.dumps({"files": files}, indent=2) + "\n", "utf-8")
    for name, entry in files.items():
        print(
            f"{name:32} {entry['sha256'][:12]}  {entry['what'] or 'fill in what, source, licence'}"
        )


if __name__ == "__main__":
    main()
